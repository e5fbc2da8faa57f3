package io.dwunw.agent.bpf;

import io.dwunw.agent.ringbuf.RingBuffer;
import io.dwunw.agent.ringbuf.SampleHandler;
import io.dwunw.agent.ringbuf.SampleSource;

/** What waits in the kernel's ring; where the stacks of new threads end is found out on the way. */
class BoundedSamples implements SampleSource {
    private final RingBuffer ring;
    private final StackBounds bounds;

    BoundedSamples(RingBuffer ring, StackBounds bounds) {
        this.ring = ring;
        this.bounds = bounds;
    }

    @Override
    public int drain(SampleHandler handler, int limit) {
        int handled = ring.drain(bounds.before(handler), limit);
        bounds.resolve();
        return handled;
    }

    @Override
    public long backlog() {
        return ring.backlog();
    }

    @Override
    public boolean crowded() {
        return ring.crowded();
    }
}

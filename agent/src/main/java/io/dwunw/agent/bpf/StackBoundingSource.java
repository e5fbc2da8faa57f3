// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import io.dwunw.agent.ringbuf.RingBuffer;
import io.dwunw.agent.ringbuf.SampleHandler;
import io.dwunw.agent.ringbuf.SampleSource;
import org.jspecify.annotations.Nullable;

/** Source of the records that wait in the kernel's ring; finds out on the way where the stacks of new threads end. */
final class StackBoundingSource implements SampleSource {
    private final RingBuffer ring;
    private final StackBounds bounds;
    private final @Nullable Runnable look;

    StackBoundingSource(RingBuffer ring, StackBounds bounds) {
        this(ring, bounds, null);
    }

    /** @param look done before the samples are taken in, each time; null = nothing */
    StackBoundingSource(RingBuffer ring, StackBounds bounds, @Nullable Runnable look) {
        this.ring = ring;
        this.bounds = bounds;
        this.look = look;
    }

    @Override
    public int drain(SampleHandler handler, int limit) {
        if (look != null) {
            look.run();
        }
        int handled = ring.drain(bounds.before(handler), limit);
        bounds.resolve();
        return handled;
    }

    @Override
    public void lookAhead(SampleHandler handler) {
        ring.lookAhead(handler);
    }

    @Override
    public long room() {
        return ring.room();
    }

    @Override
    public long produced() {
        return ring.produced();
    }

    @Override
    public long consumed() {
        return ring.consumed();
    }

    @Override
    public long capacity() {
        return ring.capacity();
    }

    @Override
    public boolean crowded() {
        return ring.crowded();
    }
}

package io.dwunw.agent;

import io.dwunw.agent.bpf.BpfUnavailableException;
import io.dwunw.agent.bpf.CounterSnapshot;
import io.dwunw.agent.bpf.UprobeConfig;
import io.dwunw.agent.bpf.UprobeEngine;
import io.dwunw.agent.ringbuf.SampleHandler;
import io.dwunw.agent.ringbuf.SampleSource;
import io.dwunw.agent.sample.Allocator;
import io.dwunw.agent.sidecar.Engine;
import io.dwunw.agent.sidecar.EngineCounters;
import io.dwunw.agent.sidecar.JavaThreadLayout;

/** Kernel probes, as the sidecar sees them. */
final class UprobeSampling implements Engine {
    /** Where every allocation is sampled a burst must find room: 64k samples with shallow stacks. */
    private static final int DENSE_RING_BYTES = 256 << 20;

    private static final int RING_BYTES = 16 << 20;
    private static final long DENSE_INTERVAL = 4096;

    private final UprobeEngine engine;
    private final SampleSource samples;
    private final CounterSnapshot snapshot = new CounterSnapshot();

    private UprobeSampling(UprobeEngine engine) {
        this.engine = engine;
        this.samples = engine.samples();
    }

    /**
     * Loads the programs; the calling thread's own allocations will not be sampled.
     *
     * @param threadId of the calling thread
     */
    static UprobeSampling open(AgentOptions options, int threadId) throws BpfUnavailableException {
        int ring = options.interval() < DENSE_INTERVAL ? DENSE_RING_BYTES : RING_BYTES;
        UprobeEngine engine = UprobeEngine.open(UprobeConfig.of(options.interval())
                .withStackBytes(options.stackBytes())
                .withRingBytes(ring));
        engine.excludeThread(threadId);
        return new UprobeSampling(engine);
    }

    @Override
    public void attach() throws BpfUnavailableException {
        engine.attach();
    }

    @Override
    public void detach() {
        engine.detach();
    }

    @Override
    public boolean attached() {
        return engine.attached();
    }

    @Override
    public int drain(SampleHandler handler, int limit) {
        return samples.drain(handler, limit);
    }

    @Override
    public void counters(EngineCounters into) {
        engine.counters(snapshot);
        long bytes = 0;
        for (Allocator allocator : Allocator.values()) {
            into.calls(allocator, snapshot.calls(allocator));
            // What free and munmap give back was not asked for.
            bytes += allocator == Allocator.MUNMAP ? 0 : snapshot.bytes(allocator);
        }
        into.bytesSeen = bytes;
        into.samples = snapshot.sampled();
        into.lost = snapshot.lost() + snapshot.lostFrees();
        into.lostFrees = snapshot.lostFrees();
        into.cutStacks = snapshot.cut();
    }

    @Override
    public boolean isLive(long address) {
        return engine.isLive(address);
    }

    @Override
    public void mappingsDead(long total) {
        engine.mappingsDead(total);
    }

    @Override
    public void javaThread(int tid, long javaThread) {
        if (javaThread == 0) {
            engine.threadEnded(tid);
        } else {
            engine.javaThread(tid, javaThread);
        }
    }

    @Override
    public void layout(JavaThreadLayout offsets) {
        engine.anchorOffsets(offsets.anchorSp(), offsets.anchorPc(), offsets.anchorFp());
        engine.stackBaseOffset(offsets.stackBase());
    }

    @Override
    public String description() {
        return engine.description();
    }

    @Override
    public void close() {
        engine.close();
    }
}

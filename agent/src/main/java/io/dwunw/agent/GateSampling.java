package io.dwunw.agent;

import io.dwunw.agent.gate.GateConfig;
import io.dwunw.agent.gate.GateCounters;
import io.dwunw.agent.gate.GateEngine;
import io.dwunw.agent.gate.GateUnavailableException;
import io.dwunw.agent.ringbuf.SampleHandler;
import io.dwunw.agent.ringbuf.SampleSource;
import io.dwunw.agent.sample.Allocator;
import io.dwunw.agent.sidecar.Engine;
import io.dwunw.agent.sidecar.EngineCounters;
import io.dwunw.agent.sidecar.JavaThreadLayout;

/** The in-process gate, as the sidecar sees it. */
final class GateSampling implements Engine {
    private final GateEngine engine;
    private final SampleSource samples;
    private final GateCounters snapshot = new GateCounters();

    private GateSampling(GateEngine engine) {
        this.engine = engine;
        this.samples = engine.samples();
    }

    /**
     * Prepares the gate; the calling thread's own allocations will not be sampled.
     *
     * @param threadId of the calling thread
     */
    static GateSampling open(AgentOptions options, int threadId) throws GateUnavailableException {
        GateEngine engine = GateEngine.open(GateConfig.of(options.interval()).withStackBytes(options.stackBytes()));
        engine.excludeThread(threadId);
        return new GateSampling(engine);
    }

    @Override
    public void attach() throws GateUnavailableException {
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
        // The gate knows its mappings itself.
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

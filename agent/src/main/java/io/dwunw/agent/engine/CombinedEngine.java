// SPDX-License-Identifier: MIT
package io.dwunw.agent.engine;

import io.dwunw.agent.ringbuf.SampleHandler;
import io.dwunw.agent.ringbuf.SampleSource;
import io.dwunw.agent.sample.Allocator;
import io.dwunw.agent.sample.Sample;

/**
 * An engine for libc's allocator together with one for functions of the user's. Their samples are not in order with
 * each other, which does no harm: what one of them calls a block the other never does.
 */
public final class CombinedEngine implements SamplingEngine {
    private final SamplingEngine libc;
    private final SamplingEngine custom;
    private final EngineCounters customCounters = new EngineCounters();

    /** Owns both. */
    public CombinedEngine(SamplingEngine libc, SamplingEngine custom) {
        this.libc = libc;
        this.custom = custom;
    }

    @Override
    public void attach() throws EngineUnavailableException {
        custom.attach();
        libc.attach();
    }

    @Override
    public void detach() {
        libc.detach();
        custom.detach();
    }

    @Override
    public boolean attached() {
        return libc.attached();
    }

    @Override
    public SampleSource samples() {
        return new BothSamples(libc.samples(), custom.samples());
    }

    private record BothSamples(SampleSource libc, SampleSource custom) implements SampleSource {
        /** Each gets half, and what the other leaves of it: a busy one must not fill the ring of the other. */
        @Override
        public int drain(SampleHandler handler, int limit) {
            int drained = custom.drain(handler, (limit + 1) / 2);
            drained += libc.drain(handler, limit - drained);
            return drained + custom.drain(handler, limit - drained);
        }

        /** In no order with each other: what one of them calls a block the other never does. */
        @Override
        public void lookAhead(SampleHandler handler) {
            custom.lookAhead(handler);
            libc.lookAhead(handler);
        }

        @Override
        public long room() {
            return Math.min(custom.room(), libc.room());
        }

        @Override
        public long produced() {
            return custom.produced() + libc.produced();
        }

        @Override
        public long consumed() {
            return custom.consumed() + libc.consumed();
        }

        /** One by one: of their sums it could not be known which of them has come so far. */
        @Override
        public long drainAll(SampleHandler handler, long patienceNanos) {
            return custom.drainAll(handler, patienceNanos) + libc.drainAll(handler, patienceNanos);
        }

        @Override
        public long capacity() {
            return custom.capacity() + libc.capacity();
        }

        @Override
        public boolean crowded() {
            return custom.crowded() || libc.crowded();
        }
    }

    @Override
    public void setInterval(long bytes) {
        libc.setInterval(bytes);
        custom.setInterval(bytes);
    }

    @Override
    public void excludeThread(int tid) {
        libc.excludeThread(tid);
        custom.excludeThread(tid);
    }

    @Override
    public void counters(EngineCounters into) {
        libc.counters(into);
        custom.counters(customCounters);
        into.calls(Allocator.CUSTOM, customCounters.calls(Allocator.CUSTOM));
        into.bytesSeen += customCounters.bytesSeen;
        into.samples += customCounters.samples;
        into.withoutStack += customCounters.withoutStack;
        into.lost += customCounters.lost;
        into.lostFrees += customCounters.lostFrees;
        into.cutStacks += customCounters.cutStacks;
    }

    @Override
    public boolean isLive(long blockKey) {
        return Sample.isCustom(blockKey) ? custom.isLive(blockKey) : libc.isLive(blockKey);
    }

    @Override
    public long heapInUse() {
        return libc.heapInUse();
    }

    @Override
    public void setUnmappedCount(long total) {
        libc.setUnmappedCount(total);
    }

    @Override
    public void registerJavaThread(int tid, long javaThread) {
        libc.registerJavaThread(tid, javaThread);
        custom.registerJavaThread(tid, javaThread);
    }

    @Override
    public void setJavaThreadLayout(JavaThreadLayout offsets) {
        libc.setJavaThreadLayout(offsets);
        custom.setJavaThreadLayout(offsets);
    }

    @Override
    public void calibrate() {
        libc.calibrate();
        custom.calibrate();
    }

    @Override
    public long callPicos(Allocator allocator) {
        return allocator == Allocator.CUSTOM ? custom.callPicos(allocator) : libc.callPicos(allocator);
    }

    /** The more expensive of the two, because they are not counted separately. */
    @Override
    public long sampleNanos() {
        return Math.max(libc.sampleNanos(), custom.sampleNanos());
    }

    @Override
    public String description() {
        return libc.description() + "; " + custom.description();
    }

    @Override
    public void close() {
        libc.close();
        custom.close();
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import io.dwunw.agent.engine.ProducerCounters;
import io.dwunw.agent.sample.Allocator;
import java.nio.ByteBuffer;

/** Counters of the kernel side since the engine was opened. Reusable; not thread-safe. */
public final class BpfCounters implements ProducerCounters {
    private final long[] values = new long[EngineLayout.COUNTERS_LENGTH / Long.BYTES];

    /** Sums the per-CPU copies, which lie one after another. */
    void sum(ByteBuffer copies, int cpus) {
        for (int i = 0; i < values.length; i++) {
            long sum = 0;
            for (int cpu = 0; cpu < cpus; cpu++) {
                sum += copies.getLong(cpu * EngineLayout.COUNTERS_LENGTH + i * Long.BYTES);
            }
            values[i] = sum;
        }
    }

    private long at(int offset) {
        return values[offset / Long.BYTES];
    }

    /** Calls of a function, sampled or not, failed ones included; nested ones inside libc are not counted. */
    @Override
    public long calls(Allocator allocator) {
        return at(EngineLayout.COUNTERS_CALLS + allocator.number() * Long.BYTES);
    }

    /** Bytes that these calls asked for. */
    @Override
    public long bytes(Allocator allocator) {
        return at(EngineLayout.COUNTERS_BYTES + allocator.number() * Long.BYTES);
    }

    /** Allocation records put into the ring, with a stack or without. */
    @Override
    public long sampled() {
        return at(EngineLayout.COUNTERS_SAMPLED);
    }

    /** Those of {@link #sampled} that there was no room for a stack for. */
    @Override
    public long withoutStack() {
        return at(EngineLayout.COUNTERS_WITHOUT_STACK);
    }

    /** Free records put into the ring. */
    public long frees() {
        return at(EngineLayout.COUNTERS_FREES);
    }

    /** Frees that were taken back. */
    public long unfrees() {
        return at(EngineLayout.COUNTERS_UNFREES);
    }

    /** Sampled allocations that found no room in the ring, not even without a stack. */
    public long lostAllocations() {
        return at(EngineLayout.COUNTERS_LOST_ALLOCATIONS);
    }

    /** Frees of sampled blocks that found no room in the ring: these blocks look live forever. */
    @Override
    public long lostFrees() {
        return at(EngineLayout.COUNTERS_LOST_FREES);
    }

    /** Samples whose stack was longer than the largest snapshot. */
    @Override
    public long cut() {
        return at(EngineLayout.COUNTERS_CUT);
    }

    /** Samples with an unreadable page in the middle of their stack. */
    public long faulted() {
        return at(EngineLayout.COUNTERS_FAULTED);
    }

    /** Sampled allocations dropped because too many sampled blocks are live. */
    public long liveFull() {
        return at(EngineLayout.COUNTERS_LIVE_FULL);
    }

    /** Sampled allocations dropped because too many calls were under way. */
    public long untracked() {
        return at(EngineLayout.COUNTERS_UNTRACKED);
    }

    /** Sampled calls, or such as might call another function of the family, of which the return was never seen. */
    public long abandoned() {
        return at(EngineLayout.COUNTERS_ABANDONED);
    }

    /** Samples of threads whose stack's end was not known yet. */
    public long unbounded() {
        return at(EngineLayout.COUNTERS_UNBOUNDED);
    }

    /** How often a probe point of the hooks was hit. */
    public long hookHits() {
        return at(EngineLayout.COUNTERS_HOOK_HITS);
    }

    /** Calls of the user's functions whose size no block can have: some other argument is the size. */
    public long oddSizes() {
        return at(EngineLayout.COUNTERS_ODD_SIZES);
    }

    /** All samples that were drawn but did not reach the ring. */
    @Override
    public long lost() {
        return lostAllocations() + liveFull() + untracked() + abandoned();
    }
}

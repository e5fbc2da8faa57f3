// SPDX-License-Identifier: MIT
package io.dwunw.agent.hooks;

import io.dwunw.agent.engine.ProducerCounters;
import io.dwunw.agent.sample.Allocator;

/** Counters of the hooks since the process began. Reusable; not thread-safe. */
public final class HooksCounters implements ProducerCounters {
    /** In the order of {@code hooks_jni.c}. */
    private static final int SAMPLED = 0;

    private static final int FREED = 1;
    private static final int LOST = 2;
    private static final int LOST_FREES = 3;
    private static final int CUT = 4;
    private static final int UNTRACKED = 5;
    private static final int UNPATCHED = 6;
    private static final int BARE = 7;
    private static final int COUNTERS = 8;

    /** What follows in {@link Allocator} has no wrapper. */
    private static final int ALLOCATORS = Allocator.MUNMAP.number() + 1;

    private final long[] values = new long[2 * ALLOCATORS + COUNTERS];

    void read() {
        HooksNative.counters(values, ALLOCATORS);
    }

    private long counter(int index) {
        return values[2 * ALLOCATORS + index];
    }

    /**
     * Calls seen by the wrappers, sampled or not, without those of excluded threads. An allocation that failed is
     * counted only if it was too small to be looked at.
     */
    @Override
    public long calls(Allocator allocator) {
        return allocator.number() < ALLOCATORS ? values[2 * allocator.number()] : 0;
    }

    /** Bytes that these calls asked for; of {@code munmap}, gave back; of {@code free}, 0. */
    @Override
    public long bytes(Allocator allocator) {
        return allocator.number() < ALLOCATORS ? values[2 * allocator.number() + 1] : 0;
    }

    /** Those of {@link #sampled} that there was no room for a stack for. */
    @Override
    public long withoutStack() {
        return counter(BARE);
    }

    /** Allocation records produced, with a stack or without. */
    @Override
    public long sampled() {
        return counter(SAMPLED);
    }

    /** Free records produced. */
    public long frees() {
        return counter(FREED);
    }

    /** Sampled allocations that there was no room for, not even without a stack. */
    public long lostAllocations() {
        return counter(LOST);
    }

    /** Frees of sampled blocks that there was no room for: these blocks look alive. */
    @Override
    public long lostFrees() {
        return counter(LOST_FREES);
    }

    /** Samples whose stack goes on beyond the bytes copied. */
    @Override
    public long cut() {
        return counter(CUT);
    }

    /** Sampled allocations dropped because too many sampled blocks are live. */
    public long liveFull() {
        return counter(UNTRACKED);
    }

    /** Import slots that could not be patched, as of the last look: their libraries' calls are not seen. */
    public long unpatchedSlots() {
        return counter(UNPATCHED);
    }

    /** All samples that were drawn but did not reach the reader. */
    @Override
    public long lost() {
        return lostAllocations() + liveFull();
    }
}

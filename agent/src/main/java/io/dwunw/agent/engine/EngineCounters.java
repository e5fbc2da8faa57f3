// SPDX-License-Identifier: MIT
package io.dwunw.agent.engine;

import io.dwunw.agent.sample.Allocator;

/** Counters of a producer since it was attached for the first time. Reused from reading to reading. */
public final class EngineCounters {
    private final long[] calls = new long[Allocator.values().length];

    /** Bytes asked for in all calls that were seen, sampled or not. */
    public long bytesSeen;

    /** Allocations that were sampled, with a stack or without. */
    public long samples;

    /** Those of {@link #samples} that there was no room for a stack for: only sums have them. */
    public long withoutStack;

    /** Records that there was no room for at all: their allocations or frees are unknown. */
    public long lost;

    /** Those of {@link #lost} that were frees: their blocks look alive. */
    public long lostFrees;

    /** Samples whose stack goes on beyond the bytes copied. */
    public long cutStacks;

    /**
     * Import slots that could not be patched, as of the last look: what their libraries allocate and free is not seen.
     */
    public long unpatchedSlots;

    /** Calls of {@code allocator}, sampled or not. */
    public long calls(Allocator allocator) {
        return calls[allocator.number()];
    }

    public void calls(Allocator allocator, long count) {
        calls[allocator.number()] = count;
    }
}

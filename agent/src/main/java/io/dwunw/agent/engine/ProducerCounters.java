// SPDX-License-Identifier: MIT
package io.dwunw.agent.engine;

import io.dwunw.agent.sample.Allocator;

/** Counters that any producer of samples keeps, in its own memory or the kernel's. */
public interface ProducerCounters {
    /** Calls of a function, sampled or not. */
    long calls(Allocator allocator);

    /** Bytes that these calls asked for. */
    long bytes(Allocator allocator);

    /** Allocation records produced, with a stack or without. */
    long sampled();

    /** Those of {@link #sampled} that there was no room for a stack for. */
    long withoutStack();

    /** All samples that were drawn but did not reach the ring. */
    long lost();

    /** Frees of sampled blocks that found no room in the ring. */
    long lostFrees();

    /** Samples whose stack goes on beyond the bytes copied. */
    long cut();

    /** In the terms that all engines share. */
    default void copyTo(EngineCounters into) {
        long bytes = 0;
        for (Allocator allocator : Allocator.values()) {
            into.calls(allocator, calls(allocator));
            // What munmap gives back was not asked for.
            bytes += allocator == Allocator.MUNMAP ? 0 : bytes(allocator);
        }
        into.bytesSeen = bytes;
        into.samples = sampled();
        into.withoutStack = withoutStack();
        into.lost = lost() + lostFrees();
        into.lostFrees = lostFrees();
        into.cutStacks = cut();
    }
}

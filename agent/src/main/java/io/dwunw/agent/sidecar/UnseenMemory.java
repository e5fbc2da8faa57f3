// SPDX-License-Identifier: MIT
package io.dwunw.agent.sidecar;

import io.dwunw.agent.engine.SamplingEngine;
import io.dwunw.agent.leak.LiveAllocations;
import io.dwunw.agent.leak.LiveMemory;
import io.dwunw.agent.sample.Sample;
import io.dwunw.agent.stack.StackTrace;
import java.util.function.Consumer;

/**
 * Compares what libc's allocator has in use with the blocks that were seen, so that what goes past the engine is
 * noticed.
 *
 * <p>Notices what stays, not what is soon freed; and of frees only that more is shown as live than can be. What was
 * allocated before and freed since hides as much of the difference. Confined to the sidecar thread.
 */
final class UnseenMemory {
    /**
     * Bytes that mean nothing: freed blocks that threads keep, which count as used, and what the loader takes for
     * itself.
     */
    static final long MARGIN = 8 << 20;

    /** One part in so many of what was seen means nothing either: blocks are aligned, and not always split. */
    private static final int MARGIN_PART = 16;

    /** Standard errors of an estimate: one look in a million is wrong. */
    private static final int MARGIN_ERRORS = 5;

    /**
     * Samples that were not drawn have an error as well: none of as much as 14 mean intervals once in a million looks.
     */
    private static final int MARGIN_SAMPLES = 8;

    private static final long NANOS_BETWEEN_LOOKS = 5_000_000_000L;
    /**
     * Readings of one look, at most: what is allocated after the records were taken in, and before the allocator is
     * asked, looks as if it had not been seen. A busy machine may stop this thread between the two.
     */
    private static final int MAX_READINGS = 4;

    /** A look takes the allocator's locks: it pauses a thousand times as long as it took. */
    private static final int PAUSE_FACTOR = 1_000;

    private static final String CURE =
            " (by functions that were looked up before the agent came or with RTLD_NEXT, perhaps):"
                    + " engine=uprobe sees all";

    private final SamplingEngine engine;
    private final LiveMemory<StackTrace> live;
    private final Runnable drain;
    private final Consumer<String> console;
    private final Sum sum = new Sum();
    private boolean saidAllocated;
    private boolean saidFreed;
    private long inUseBefore = SamplingEngine.UNKNOWN;
    private long lostBefore;
    private long startedAt;
    /** Mean bytes between two samples, the most at any look. */
    private long widest;

    private long nextLook;
    private long unseen = SamplingEngine.UNKNOWN;
    private long unseenFrees = SamplingEngine.UNKNOWN;
    /** Between what is in use and what was seen, at the last look. */
    private long difference;

    /**
     * Compares nothing until {@link #start}.
     *
     * @param live what was seen and is live, as of the records that were taken in
     * @param drain takes in all records that wait
     * @param console takes one line for unseen allocations and one for unseen frees, should there be any
     */
    UnseenMemory(SamplingEngine engine, LiveMemory<StackTrace> live, Runnable drain, Consumer<String> console) {
        this.engine = engine;
        this.live = live;
        this.drain = drain;
        this.console = console;
    }

    /** The live heap blocks: their estimated bytes, as libc rounds them, and how far off these may be. */
    private final class Sum implements LiveAllocations.Visitor<StackTrace> {
        private double bytes;
        private double variance;

        @Override
        public void block(
                long blockKey, long size, long weight, double errorSquared, long timeNanos, StackTrace stack) {
            if (!Sample.isCustom(blockKey) && timeNanos - startedAt >= 0) {
                bytes += size <= 0 ? chunk(0) : (double) weight / size * chunk(size);
                variance += errorSquared;
            }
        }

        void clear() {
            bytes = 0;
            variance = 0;
        }
    }

    /** What glibc takes for a block: a header of 8 bytes, 32 bytes at least, a multiple of 16. */
    static long chunk(long size) {
        return Math.max(32, (size + 8 + 15) & ~15L);
    }

    /**
     * The engine has been attached, or begins to sample by a finer interval; what is in use now is not to be explained.
     *
     * @param lost allocation records lost so far
     */
    void start(long lost, long nanoTime) {
        startedAt = nanoTime;
        widest = 0;
        inUseBefore = engine.heapInUse();
        lostBefore = lost;
        difference = 0;
        unseen = inUseBefore < 0 ? SamplingEngine.UNKNOWN : 0;
        unseenFrees = unseen;
        nextLook = nanoTime + NANOS_BETWEEN_LOOKS;
    }

    /** Whether it is time for {@link #look}. */
    boolean due(long nanoTime) {
        return nanoTime - nextLook >= 0;
    }

    /**
     * Looks. To be called when all records have been taken in.
     *
     * @param lost allocation records lost so far
     * @param interval mean bytes between two samples now
     */
    void look(long lost, long interval) {
        widest = Math.max(widest, interval);
        long begin = System.nanoTime();
        long before = difference;
        long allocated = Long.MAX_VALUE;
        long freed = Long.MAX_VALUE;
        for (int reading = 0; reading < MAX_READINGS && Math.max(allocated, freed) > 0; reading++) {
            if (reading > 0) {
                drain.run();
            }
            long inUse = engine.heapInUse();
            if (inUse < 0 || inUseBefore < 0) {
                allocated = SamplingEngine.UNKNOWN;
                freed = SamplingEngine.UNKNOWN;
                break;
            }
            sum.clear();
            live.forEachBlock(sum);
            compare(inUse, lost, before);
            // What went by is there at each reading.
            allocated = Math.min(allocated, beyondMargin(difference));
            freed = Math.min(freed, beyondMargin((long) sum.bytes - inUse));
        }
        unseen = allocated;
        unseenFrees = freed;
        say();
        long end = System.nanoTime();
        nextLook = end + Math.max(NANOS_BETWEEN_LOOKS, PAUSE_FACTOR * (end - begin));
    }

    /** @param before the difference at the last look */
    private void compare(long inUse, long lost, long before) {
        difference = inUse - inUseBefore - (long) sum.bytes;
        if (lost != lostBefore) {
            // What was lost is counted as lost; how many bytes it stood for cannot be known.
            lostBefore = lost;
            inUseBefore += difference - before;
            difference = before;
        }
    }

    /** A number of bytes that is more than errors explain; 0 for one that is not. */
    private long beyondMargin(long bytes) {
        double variance = sum.variance + MARGIN_SAMPLES * (double) widest * widest;
        long margin = MARGIN + (long) (MARGIN_ERRORS * Math.sqrt(variance)) + (long) sum.bytes / MARGIN_PART;
        return bytes > margin ? bytes : 0;
    }

    private void say() {
        if (unseen > 0 && !saidAllocated) {
            saidAllocated = true;
            console.accept(mebibytes(unseen) + " are in use that were allocated past the in-process hooks" + CURE);
        }
        if (unseenFrees > 0 && !saidFreed) {
            saidFreed = true;
            console.accept(
                    mebibytes(unseenFrees) + " are shown as leaked that were freed past the in-process hooks" + CURE);
        }
    }

    private static String mebibytes(long bytes) {
        return ((bytes + (1 << 19)) >> 20) + " MiB";
    }

    /** Bytes in use that were not seen, as of the last look; -1 if that cannot be known. */
    long unseenBytes() {
        return unseen;
    }

    /** Bytes shown as live that are free, as of the last look; -1 if that cannot be known. */
    long unseenFrees() {
        return unseenFrees;
    }
}

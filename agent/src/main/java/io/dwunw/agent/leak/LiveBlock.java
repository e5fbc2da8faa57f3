// SPDX-License-Identifier: MIT
package io.dwunw.agent.leak;

/**
 * Piece of live sampled memory: a heap block, or a part of a mapping. Immutable.
 *
 * <p>A reallocation is two things. As many bytes as the old block had room for are kept, and their weight follows in
 * proportion; the others are drawn as an allocation of their own, whose weight is added. So the expected weight is
 * always the size, for blocks that were sampled at their birth, at one of their growths, or never.
 *
 * @param size in bytes, as asked for
 * @param weight bytes that it stands for
 * @param variance of the weight, estimated without bias from the draws themselves, in square bytes
 * @param lead bytes that {@code stack} has added more than all others, see {@link #grown}
 * @param timeNanos CLOCK_MONOTONIC time of the first allocation
 * @param stack what added most of its bytes
 */
record LiveBlock<S>(long size, long weight, double variance, long lead, long timeNanos, S stack) {

    /**
     * Memory that was not known before.
     *
     * @param drawn bytes of it that the sample was drawn for: less than all, if it was seen only when it grew
     */
    static <S> LiveBlock<S> sampled(long size, long drawn, long weight, long timeNanos, S stack) {
        return new LiveBlock<>(size, weight, variance(drawn, weight), weight, timeNanos, stack);
    }

    /** Of one draw, whose probability was drawn / weight: unbiased, and 0 where it was certain. */
    private static double variance(long drawn, long weight) {
        return (double) weight * Math.max(0, weight - drawn);
    }

    /**
     * The block after a reallocation, without what was drawn for its growth.
     *
     * @param newSize as asked for
     * @param kept bytes of them that the old block had room for; may be more than were asked for then
     */
    LiveBlock<S> moved(long newSize, long kept) {
        // An empty block is sampled only where all are.
        double ratio = size <= 0 ? 0 : (double) kept / size;
        long newWeight = size <= 0 ? kept : Math.round((double) weight / size * kept);
        return new LiveBlock<>(
                newSize, newWeight, variance * ratio * ratio, Math.round(lead * ratio), timeNanos, stack);
    }

    /** A part of a mapping. */
    LiveBlock<S> part(long bytes) {
        return moved(bytes, bytes);
    }

    /**
     * With a sample of its growth. The stack is the one that has added more than half of the weight, if there is such
     * a one: a vote by weight (Boyer and Moore), which does not go to and fro between two callers as the last one
     * would.
     *
     * @param newSize of the block with its growth
     * @param drawn bytes that it has grown by
     * @param grownWeight bytes that the sample of them stands for
     */
    LiveBlock<S> grown(long newSize, long drawn, long grownWeight, S grower) {
        boolean same = grower == stack;
        boolean leads = same || lead >= grownWeight;
        long newLead = same ? lead + grownWeight : Math.abs(lead - grownWeight);
        return new LiveBlock<>(
                newSize,
                weight + grownWeight,
                variance + variance(drawn, grownWeight),
                newLead,
                timeNanos,
                leads ? stack : grower);
    }
}

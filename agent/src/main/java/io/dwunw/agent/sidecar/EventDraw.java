// SPDX-License-Identifier: MIT
package io.dwunw.agent.sidecar;

/**
 * Lottery among the samples of blocks that are freed already: only those that are drawn are walked and become events.
 * All samples of a round have the same chance, and one that is drawn stands for as many as the chance says, so that
 * sums over events stay unbiased.
 *
 * <p>The chance follows from a rate of events, a second's worth of which may be drawn at once. Hot; allocates nothing.
 * Confined to the sidecar thread.
 */
final class EventDraw {
    private static final double NANOS_PER_SECOND = 1e9;
    /** So many are drawn whatever they cost: a recording without any says nothing of what is allocated. */
    private static final int LEAST_PER_SECOND = 5;
    /**
     * Part of what a round's time allows that is drawn in any case, after more were drawn by chance than was allowed.
     */
    private static final double LEAST_SHARE = 0.5;

    private int maxPerSecond;
    /** In force: lower than the most where a walk and its event cost much. */
    private double perSecond;

    private final Chance random = new Chance(0x2545_f491_4f6c_dd1dL);
    private double allowance;
    private long allowedAt;
    private double chance = 1;

    /**
     * Draws every sample until the first round.
     *
     * @param maxPerSecond samples to be drawn in the long run; 0 for no limit
     * @param nanoTime now, as {@link System#nanoTime}
     */
    EventDraw(int maxPerSecond, long nanoTime) {
        this.maxPerSecond = maxPerSecond;
        this.perSecond = maxPerSecond;
        this.allowance = maxPerSecond;
        this.allowedAt = nanoTime;
    }

    /** Sets another rate; until the next round every sample is drawn. */
    void maxPerSecond(int samples) {
        if (samples != maxPerSecond) {
            maxPerSecond = samples;
            perSecond = samples;
            allowance = samples;
            chance = 1;
        }
    }

    /**
     * Begins a round.
     *
     * @param candidates samples that will be drawn from, about
     * @param nanoTime now, as {@link System#nanoTime}
     */
    void begin(int candidates, long nanoTime) {
        if (maxPerSecond == 0) {
            return;
        }
        double seconds = Math.max(1, nanoTime - allowedAt) / NANOS_PER_SECOND;
        double earned = Math.min(seconds, 1) * perSecond;
        allowance = Math.min(perSecond, allowance + earned);
        allowedAt = nanoTime;
        // Without any chance the samples of the round would be missing from all sums. It may be small: rounds are many.
        chance = candidates <= allowance ? 1 : Math.max(allowance, LEAST_SHARE * earned) / Math.max(candidates, 1);
    }

    /** How many samples a second the budget bears: between a few and the most. */
    void affordable(double samplesPerSecond) {
        perSecond = Math.max(Math.min(LEAST_PER_SECOND, maxPerSecond), Math.min(samplesPerSecond, maxPerSecond));
    }

    /** Whether the next sample is drawn. */
    boolean draws() {
        if (chance < 1 && random.next() >= chance) {
            return false;
        }
        allowance--;
        return true;
    }

    /** How much an amount of a sample that was drawn stands for: a whole number that is right on the average. */
    long scaled(long amount) {
        return chance >= 1 ? amount : (long) (amount / chance + random.next());
    }
}

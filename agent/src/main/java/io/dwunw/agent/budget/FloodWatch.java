// SPDX-License-Identifier: MIT
package io.dwunw.agent.budget;

/**
 * Watch for samples that come faster than they are taken in. Producers shed load by themselves first: where room gets
 * short, they leave out the stacks and write small records. Only where that lasts, or is not enough, the interval has
 * to be widened. Not thread-safe.
 */
public final class FloodWatch {
    /** How long producers may leave out stacks, or be about to. */
    static final long PATIENCE_NANOS = 50_000_000;
    /** How long nothing may be short until it is over. */
    static final long CALM_NANOS = 50_000_000;

    private boolean pressed;
    private long pressedSince;
    private long pressedAt;
    private long lost;
    private long withoutStack;
    private long backlog;

    /** Begins with these counters: what they count already was earlier. */
    public void start(long lostSoFar, long withoutStackSoFar) {
        lost = lostSoFar;
        withoutStack = withoutStackSoFar;
        backlog = 0;
        pressed = false;
    }

    /**
     * Looks again.
     *
     * @param nanoTime now, as {@link System#nanoTime}
     * @param lostNow samples that found no room at all, so far
     * @param withoutStackNow samples that found none for their stack, so far
     * @param crowded whether a good part of the room is taken
     * @param backlogNow bytes that wait
     * @return whether it is a flood
     */
    public boolean look(long nanoTime, long lostNow, long withoutStackNow, boolean crowded, long backlogNow) {
        boolean losing = lostNow > lost;
        boolean shedding = withoutStackNow > withoutStack || (crowded && backlogNow > backlog);
        lost = lostNow;
        withoutStack = withoutStackNow;
        backlog = backlogNow;
        if (losing || shedding) {
            pressedSince = pressed ? pressedSince : nanoTime;
            pressed = true;
            pressedAt = nanoTime;
            return losing || nanoTime - pressedSince >= PATIENCE_NANOS;
        }
        pressed &= crowded || nanoTime - pressedAt < CALM_NANOS;
        return false;
    }

    /** Whether there has been room for a while. */
    public boolean calm() {
        return !pressed;
    }
}

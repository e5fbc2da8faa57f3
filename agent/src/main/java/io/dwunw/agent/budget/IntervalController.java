// SPDX-License-Identifier: MIT
package io.dwunw.agent.budget;

/**
 * Controller that keeps the interval as narrow as the cost of sampling allows: never narrower than asked for, and never
 * wider than the cost that was measured calls for.
 *
 * <p>While the load stays as it is, the cost of sampling is about inverse to the interval, so one step leads to the
 * aim, and a band around the aim, in which nothing changes, keeps it there. Above the band the interval is widened at
 * once, below it narrowed at the end of each window: a busy second leaves no trace for longer than a few seconds. That
 * the load may come back is no reason to wait, because a window in which the allowance is spent early ends early. Not
 * thread-safe.
 */
public final class IntervalController {
    /** Bytes. Wider would be of no use: a sample a gigabyte is too rare to wait for. */
    static final long MAX_INTERVAL = 1L << 30;

    /** Bytes: a dozen samples of what the JVM and JFR take while they start. */
    static final long LEAST_INTERVAL_AHEAD = 8 << 20;

    /** Lower end of the band in which nothing changes, as a part of the allowance; its upper end is the whole. */
    static final double BAND = 0.6;
    /** Where in the band a step aims at. */
    private static final double AIM = 0.8;

    /** Most that one step widens or narrows by. */
    private static final double LARGEST_STEP = 16;

    /**
     * Live samples at each interval between the narrowest and the first: each makes frees and tables a little slower.
     */
    static final long LIVE_SAMPLES_EACH = 8192;

    private static final long FLOOD_STEP = 4;
    /**
     * A part of the budget that is left to sampling even where calls alone, which no interval makes cheaper, take it
     * all.
     */
    private static final double LEAST_SHARE = 0.25;

    private final long narrowest;
    private final long first;
    private final double budget;
    /** The narrowest that so many live samples leave. */
    private long floor;

    private long interval;
    /** By how much it is wider for the time of a flood. */
    private long flood = 1;

    private boolean ahead;
    private double overhead;

    /**
     * Starts at the first interval.
     *
     * @param narrowest bytes, the least that is ever in force
     * @param first bytes, in force until the first window has ended; not less than {@code narrowest}
     * @param budget what may be spent, as a part of what is available; 0 for no limit, which leaves the first interval
     *     in force
     */
    public IntervalController(long narrowest, long first, double budget) {
        this.narrowest = narrowest;
        this.floor = narrowest;
        this.first = first;
        this.interval = first;
        this.budget = budget;
    }

    /** Mean bytes between two samples from now on. */
    public long interval() {
        long asked = Math.min(interval * flood, widest());
        return ahead ? Math.max(asked, LEAST_INTERVAL_AHEAD) : asked;
    }

    /** Why the interval is what it is, for people. */
    public String reason() {
        if (ahead && interval * flood < LEAST_INTERVAL_AHEAD) {
            return "no recording yet";
        }
        if (flood > 1) {
            return "samples come faster than they are taken in";
        }
        if (interval > floor) {
            return budget > 0 ? "maxoverhead" : "no maxoverhead to go by";
        }
        if (floor > narrowest) {
            return "so many samples are live";
        }
        return "the narrowest";
    }

    /** What was spent in the last window, as a part of what was available. */
    public double overhead() {
        return overhead;
    }

    /** Whether calls alone took more than the budget in the last window: no interval helps against that. */
    public boolean exceedsBudgetUnsampled(long availableNanos, long callsNanos) {
        return budget > 0 && callsNanos > budget * availableNanos;
    }

    /**
     * A window has ended.
     *
     * @param availableNanos CPU time that the budget is a part of
     * @param fixedNanos CPU time spent whatever the interval is
     * @param samplingNanos CPU time spent on samples
     * @param toldNanos CPU time spent on what is no measure of the samples to come: only reported, see {@link
     *     #overhead}
     * @return whether {@link #interval} has changed
     */
    public boolean windowEnded(long availableNanos, long fixedNanos, long samplingNanos, long toldNanos) {
        if (availableNanos <= 0) {
            return false;
        }
        overhead = (double) (fixedNanos + samplingNanos + toldNanos) / availableNanos;
        if (budget <= 0) {
            return false;
        }
        double all = budget * availableNanos;
        double load = samplingNanos / Math.max(all - fixedNanos, all * LEAST_SHARE);
        long before = interval;
        if (load > 1 || load < BAND) {
            interval = scaled(Math.max(1 / LARGEST_STEP, Math.min(load / AIM, LARGEST_STEP)));
        }
        return interval != before;
    }

    /**
     * So many sampled blocks are live. The more there are, the less each adds to what is known of them: with each
     * {@link #LIVE_SAMPLES_EACH} of them the narrowest interval doubles, but not beyond the first. No matter if the two
     * are one.
     *
     * @return whether {@link #interval} has changed
     */
    public boolean live(long samples) {
        long before = interval();
        floor = narrowest;
        for (long left = samples; left >= LIVE_SAMPLES_EACH && floor < first; left -= LIVE_SAMPLES_EACH) {
            floor = Math.min(2 * floor, first);
        }
        interval = Math.max(interval, floor);
        return interval() != before;
    }

    /**
     * Samples come faster than they are taken in, and will soon be lost, or are. That says nothing of what they cost:
     * the interval is wider only until {@link #endOverflow}.
     *
     * @return whether {@link #interval} has changed
     */
    public boolean raiseForOverflow() {
        long before = interval();
        if (budget > 0 && interval * flood < widest()) {
            flood *= FLOOD_STEP;
        }
        return interval() != before;
    }

    /** The flood is over; whether {@link #interval} has changed. */
    public boolean endOverflow() {
        long before = interval();
        flood = 1;
        return interval() != before;
    }

    /**
     * Whether sampling goes on ahead of the recording that wants it, so that all is ready when it comes: what is
     * allocated meanwhile is the JVM's own, and each sample takes time from its start.
     *
     * @return whether {@link #interval} has changed
     */
    public boolean setWarmUp(boolean now) {
        long before = interval();
        ahead = now;
        return interval() != before;
    }

    private long scaled(double factor) {
        long bytes = (long) Math.ceil(Math.max(interval, 1) * factor);
        return Math.max(floor, Math.min(bytes, widest()));
    }

    private long widest() {
        return Math.max(MAX_INTERVAL, narrowest);
    }
}

package io.dwunw.agent.budget;

/**
 * Finds the interval at which sampling costs no more than it may, and never less than the user asked for.
 *
 * <p>What sampling costs is, while the load stays the same, about inverse to the interval. So one step leads to the
 * aim, and a band between half of the allowance and all of it, in which nothing changes, keeps it there. Over the
 * allowance it is left at once; narrowing waits until several windows in a row were far below it. Not thread-safe.
 */
public final class IntervalController {
    /** Bytes. Wider would be as good as none: nobody waits for a sample a gigabyte. */
    static final long MAX_INTERVAL = 1L << 30;

    /** Windows in a row that must be far below the allowance before the interval is narrowed. */
    static final int QUIET_WINDOWS = 5;

    /** Bytes: a dozen samples of what the JVM and JFR take while they start. */
    static final long LEAST_INTERVAL_AHEAD = 8 << 20;

    private static final double FAR_BELOW = 0.5;
    /** Where in the band a step aims at. */
    private static final double AIM = 0.8;

    private static final double WIDEST_STEP = 16;
    private static final long FLOOD_STEP = 4;
    /** A part of the budget that is left to sampling even where calls alone, which no interval makes cheaper, take it all. */
    private static final double LEAST_SHARE = 0.25;

    private final long narrowest;
    private final double budget;
    private long interval;
    /** By how much it is wider for the time of a flood. */
    private long flood = 1;

    private boolean ahead;
    private int quietWindows;
    private double overhead;

    /**
     * Starts at the user's interval.
     *
     * @param interval bytes, the least that is ever in force
     * @param budget what may be spent, as a part of what is available; 0 for no limit
     */
    public IntervalController(long interval, double budget) {
        this.narrowest = interval;
        this.interval = interval;
        this.budget = budget;
    }

    /** Mean bytes between two samples from now on. */
    public long interval() {
        long asked = Math.min(interval * flood, widest());
        return ahead ? Math.max(asked, LEAST_INTERVAL_AHEAD) : asked;
    }

    /** What was spent in the last window, as a part of what was available. */
    public double overhead() {
        return overhead;
    }

    /** Whether calls alone took more than the budget in the last window: no interval helps against that. */
    public boolean isHopeless(long availableNanos, long fixedNanos) {
        return budget > 0 && fixedNanos > budget * availableNanos;
    }

    /**
     * A window has ended.
     *
     * @param availableNanos CPU time that the budget is a part of
     * @param fixedNanos CPU time spent whatever the interval is
     * @param samplingNanos CPU time spent on samples
     * @param toldNanos CPU time spent on what is no measure of the samples to come: only told, see {@link #overhead}
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
        if (load > 1) {
            quietWindows = 0;
            interval = scaled(Math.min(load / AIM, WIDEST_STEP));
        } else if (load >= FAR_BELOW || interval == narrowest) {
            quietWindows = 0;
        } else if (++quietWindows >= QUIET_WINDOWS) {
            quietWindows = 0;
            // By half at the most: a load that pauses comes back.
            interval = scaled(Math.max(load / AIM, FAR_BELOW));
        }
        return interval != before;
    }

    /**
     * Samples come faster than they are taken in, and will soon be lost, or are. That says nothing of what they cost: the
     * interval is wider only until {@link #ebbed}.
     *
     * @return whether {@link #interval} has changed
     */
    public boolean flooded() {
        long before = interval();
        if (budget > 0 && interval * flood < widest()) {
            flood *= FLOOD_STEP;
        }
        return interval() != before;
    }

    /** The flood is over; whether {@link #interval} has changed. */
    public boolean ebbed() {
        long before = interval();
        flood = 1;
        return interval() != before;
    }

    /**
     * Whether sampling goes on ahead of the recording that wants it, so that all is ready when it comes: what is allocated
     * meanwhile is the JVM's own, and each sample takes time from its start.
     *
     * @return whether {@link #interval} has changed
     */
    public boolean ahead(boolean now) {
        long before = interval();
        ahead = now;
        return interval() != before;
    }

    private long scaled(double factor) {
        long bytes = (long) Math.ceil(Math.max(interval, 1) * factor);
        return Math.max(narrowest, Math.min(bytes, widest()));
    }

    private long widest() {
        return Math.max(MAX_INTERVAL, narrowest);
    }
}

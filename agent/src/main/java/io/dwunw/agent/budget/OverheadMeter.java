package io.dwunw.agent.budget;

import io.dwunw.agent.engine.EngineCounters;
import io.dwunw.agent.sample.Allocator;

/**
 * Adds up what tracing costs: the calls that pass through an engine and the samples it takes, at what each costs there;
 * and the sidecar's own CPU time, told apart by whether there were samples to work on.
 *
 * <p>It is set against the CPU time that the application used meanwhile, but at least that of one CPU, because nobody
 * misses what an idle machine spends. Not measured: what the collector and the compilers do for the agent. Not
 * thread-safe.
 */
public final class OverheadMeter {
    /** Until then the first walks and names are made by interpreted code and are no measure of what follows. */
    private static final long WARM_UP_NANOS = 30_000_000_000L;
    /** What a sample costs the sidecar at the most while that lasts. */
    private static final long WARM_SAMPLE_NANOS = 50_000;
    /** The median moves by so small a part of itself: 1/64. */
    private static final int MEDIAN_SHIFT = 6;

    /** The same later: what is beyond was spent on samples of an earlier window, and is no measure of this interval. */
    private static final long WORST_SAMPLE_NANOS = 250_000;

    private final IntervalController controller;
    private final long[] callPicos;
    private final long sampleNanos;

    private long startedAt;
    private long windowAt;
    private long processCpu;
    private long sidecarCpu;
    private long callsNanos;
    private long samples;
    private long lost;
    private long workNanos;
    private long idleNanos;
    /** What a turn costs that has nothing to do: waking up, mostly. The running median of such turns. */
    private long turnNanos;

    private int hopelessWindows;

    /**
     * Not started.
     *
     * @param callPicos by allocator: what the engine adds to a call that is not sampled, in picoseconds
     * @param sampleNanos what it adds to one that is, its free included, in nanoseconds
     */
    public OverheadMeter(IntervalController controller, long[] callPicos, long sampleNanos) {
        this.controller = controller;
        this.callPicos = callPicos.clone();
        this.sampleNanos = sampleNanos;
    }

    /** Sampling begins, or begins again. Times are those of {@link System#nanoTime}, and CPU times in nanoseconds. */
    public void start(long now, long processCpuNanos, long sidecarCpuNanos, EngineCounters counters) {
        startedAt = now;
        begin(now, processCpuNanos, counters);
        sidecarCpu = sidecarCpuNanos;
    }

    private void begin(long now, long processCpuNanos, EngineCounters counters) {
        windowAt = now;
        processCpu = processCpuNanos;
        callsNanos = callsNanos(counters);
        samples = counters.samples;
        lost = lost(counters);
        workNanos = 0;
        idleNanos = 0;
    }

    /**
     * The sidecar has come to the end of a turn, or of several, of which at least one had something to do, or none. It
     * would have woken up in any case: what that costs, no wider interval makes cheaper.
     */
    public void turnEnded(boolean worked, long sidecarCpuNanos) {
        long spent = sidecarCpuNanos - sidecarCpu;
        sidecarCpu = sidecarCpuNanos;
        if (worked) {
            long wakeUp = Math.min(spent, turnNanos);
            workNanos += spent - wakeUp;
            idleNanos += wakeUp;
        } else {
            idleNanos += spent;
            long step = Math.max(1, turnNanos >> MEDIAN_SHIFT);
            turnNanos = turnNanos == 0 ? spent : turnNanos + (spent > turnNanos ? step : -step);
        }
    }

    /** How long the window has lasted. */
    public long windowNanos(long now) {
        return now - windowAt;
    }

    /**
     * What the window's samples have cost so far, in nanoseconds of CPU time. Samples that found the ring full count as if
     * they had been taken: to lose some is no way to keep to a budget.
     */
    public long samplingNanos(long now, EngineCounters counters) {
        long taken = Math.max(0, counters.samples - samples);
        long missed = Math.max(0, lost(counters) - lost);
        boolean cold = now - startedAt < WARM_UP_NANOS;
        long worst = cold ? taken * WARM_SAMPLE_NANOS : (taken + missed) * WORST_SAMPLE_NANOS;
        long work = Math.min(workNanos, worst);
        double each = taken == 0 ? WARM_SAMPLE_NANOS : (double) work / taken;
        return (taken + missed) * sampleNanos + work + (long) (missed * each);
    }

    private static long lost(EngineCounters counters) {
        return counters.lost - counters.lostFrees;
    }

    /** Ends a window and begins the next; whether the controller's interval has changed. */
    public boolean windowEnded(long now, long processCpuNanos, EngineCounters counters) {
        long inCalls = Math.max(0, callsNanos(counters) - callsNanos);
        long fixed = inCalls + idleNanos;
        long sampling = samplingNanos(now, counters);
        long application = processCpuNanos - processCpu - fixed - sampling;
        long available = Math.max(application, now - windowAt);
        hopelessWindows = controller.isHopeless(available, fixed) ? hopelessWindows + 1 : 0;
        begin(now, processCpuNanos, counters);
        return controller.windowEnded(available, fixed, sampling);
    }

    /** For how many windows in a row calls alone have cost more than the budget. */
    public int hopelessWindows() {
        return hopelessWindows;
    }

    /** Of all calls so far. */
    private long callsNanos(EngineCounters counters) {
        double sum = 0;
        for (int i = 0; i < ALLOCATORS.length; i++) {
            sum += (double) counters.calls(ALLOCATORS[i]) * callPicos[i];
        }
        return (long) (sum / 1000);
    }

    private static final Allocator[] ALLOCATORS = Allocator.values();
}

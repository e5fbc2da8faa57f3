// SPDX-License-Identifier: MIT
package io.dwunw.agent.budget;

import io.dwunw.agent.engine.EngineCounters;
import io.dwunw.agent.sample.Allocator;

/**
 * Adds up what tracing costs: the calls that pass through an engine and the samples it takes, at what each costs there;
 * and the sidecar's own CPU time, separated by whether there were samples to work on.
 *
 * <p>It is set against the CPU time that the application used meanwhile, but at least that of one CPU, because what
 * an idle machine spends is not missed. Not measured: what the collector and the compilers do for the agent. Not
 * thread-safe.
 */
public final class OverheadMeter {
    /** What a sample costs the sidecar when its code is compiled and the sample's stack has its name. */
    static final long WARM_SAMPLE_NANOS = 15_000;
    /**
     * What samples beyond that may cost in all before it counts. Interpreted code and each stack's first name cost ten
     * times as much, and once: to sample less because of them would put off the end of it, and miss what leaks
     * meanwhile.
     */
    static final long ADVANCE_NANOS = 500_000_000;

    /**
     * What waking up costs at the most: where there is always something to do, the first turns, which are slow, would
     * count forever.
     */
    private static final long MOST_WAKE_UP_NANOS = 100_000;

    /** The median moves by so small a part of itself: 1/64. */
    private static final int MEDIAN_SHIFT = 6;

    /**
     * What a sample costs at the most: what is beyond was spent on those of an earlier window, and is no measure of
     * this interval.
     */
    private static final long WORST_SAMPLE_NANOS = 250_000;

    private final IntervalController controller;
    private long[] callPicos;
    private long sampleNanos;

    /** What is left of the advance. */
    private long advanceNanos = ADVANCE_NANOS;

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
    /** CPU time that the budget was a part of in the last window, for each nanosecond that it lasted. */
    private double available = 1;

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

    /** Sets the costs to those measured on this machine. */
    public void setCosts(long[] picosPerCall, long nanosPerSample) {
        callPicos = picosPerCall.clone();
        sampleNanos = nanosPerSample;
    }

    /** Sampling begins, or begins again. Times are those of {@link System#nanoTime}, and CPU times in nanoseconds. */
    public void start(long now, long processCpuNanos, long sidecarCpuNanos, EngineCounters counters) {
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
            long wakeUp = Math.min(spent, Math.min(turnNanos, MOST_WAKE_UP_NANOS));
            workNanos += spent - wakeUp;
            idleNanos += wakeUp;
        } else {
            idleNanos += spent;
            long step = Math.max(1, turnNanos >> MEDIAN_SHIFT);
            turnNanos = turnNanos == 0 ? spent : turnNanos + (spent > turnNanos ? step : -step);
        }
    }

    /** The sidecar has slept on, and woken up once more than the turns need. */
    public void sleptPastTurn(long sidecarCpuNanos) {
        idleNanos += sidecarCpuNanos - sidecarCpu;
        sidecarCpu = sidecarCpuNanos;
    }

    /** How long the window has lasted. */
    public long windowNanos(long now) {
        return now - windowAt;
    }

    /**
     * What the window's samples have cost so far, in nanoseconds of CPU time, without what is left of the advance.
     * Samples that found the ring full count as if they had been taken: to lose some is no way to keep to a budget.
     */
    public long samplingNanos(EngineCounters counters) {
        long taken = taken(counters);
        long missed = missed(counters);
        long work = workThatCounts(taken, missed) - advanced(taken, missed);
        double each = taken == 0 ? WARM_SAMPLE_NANOS : (double) work / taken;
        return (taken + missed) * sampleNanos + work + (long) (missed * each);
    }

    /** What the advance pays of the window's work, as far as it would count. */
    private long advanced(long taken, long missed) {
        long cold = workThatCounts(taken, missed) - taken * WARM_SAMPLE_NANOS;
        return Math.max(0, Math.min(cold, advanceNanos));
    }

    private long workThatCounts(long taken, long missed) {
        return Math.min(workNanos, (taken + missed) * WORST_SAMPLE_NANOS);
    }

    private long taken(EngineCounters counters) {
        return Math.max(0, counters.samples - samples);
    }

    private long missed(EngineCounters counters) {
        return Math.max(0, lost(counters) - lost);
    }

    private static long lost(EngineCounters counters) {
        return counters.lost - counters.lostFrees;
    }

    /** Ends a window and begins the next; whether the controller's interval has changed. */
    public boolean windowEnded(long now, long processCpuNanos, EngineCounters counters) {
        long inCalls = Math.max(0, callsNanos(counters) - callsNanos);
        long fixed = inCalls + idleNanos;
        long sampling = samplingNanos(counters);
        long advanced = advanced(taken(counters), missed(counters));
        advanceNanos -= advanced;
        long told = advanced + workNanos - workThatCounts(taken(counters), missed(counters));
        long application = processCpuNanos - processCpu - fixed - sampling - told;
        long elapsed = now - windowAt;
        long available = Math.max(application, elapsed);
        this.available = elapsed <= 0 ? 1 : (double) available / elapsed;
        hopelessWindows = controller.exceedsBudgetUnsampled(available, inCalls) ? hopelessWindows + 1 : 0;
        begin(now, processCpuNanos, counters);
        return controller.windowEnded(available, fixed, sampling, told);
    }

    /**
     * CPU time that the budget was a part of in the last window, in seconds for each second that it lasted; 1 at least.
     */
    public double available() {
        return available;
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

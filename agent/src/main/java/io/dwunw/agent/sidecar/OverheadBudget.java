// SPDX-License-Identifier: MIT
package io.dwunw.agent.sidecar;

import io.dwunw.agent.budget.FloodWatch;
import io.dwunw.agent.budget.IntervalController;
import io.dwunw.agent.budget.OverheadMeter;
import io.dwunw.agent.engine.EngineCounters;
import io.dwunw.agent.engine.SamplingEngine;
import io.dwunw.agent.linux.CpuClock;
import io.dwunw.agent.ringbuf.SampleSource;
import io.dwunw.agent.sample.Allocator;
import java.util.function.Consumer;

/** Keeps what tracing costs below what the user allows, by the engine's interval. Confined to the sidecar thread. */
public final class OverheadBudget {
    private static final long WINDOW_NANOS = 1_000_000_000L;
    /** How often to look whether a window has spent already what it may: a burst must not go on for a second. */
    private static final long LOOK_NANOS = 50_000_000L;
    /**
     * The same where records come fast: before they have filled the ring, while this thread's code is not compiled yet.
     */
    private static final long FLOODED_LOOK_NANOS = 5_000_000L;

    private static final int FLOOD = 64;

    /** A burst of calls passes; what lasts longer is worth a line. */
    private static final int HOPELESS_WINDOWS = 10;

    private final SamplingEngine engine;
    private final SampleSource samples;
    private IntervalController controller;
    private OverheadMeter meter;
    private final FloodWatch flood = new FloodWatch();
    private double maxOverhead;
    private boolean ahead;
    private final Consumer<String> console;
    private final CpuClock processClock = CpuClock.ofProcess();
    private final CpuClock threadClock = CpuClock.ofThread();
    private boolean said;
    private boolean calibrated;
    private long lookedAt;
    /** Records since the last look. */
    private int records;

    /**
     * For an engine that was opened with the controller's interval.
     *
     * @param maxOverhead part of the CPU time that the application uses; 0 for no limit
     * @param console takes one line, should the budget not be possible to keep
     */
    public OverheadBudget(
            SamplingEngine engine, IntervalController controller, double maxOverhead, Consumer<String> console) {
        this.engine = engine;
        this.samples = engine.samples();
        this.controller = controller;
        this.meter = new OverheadMeter(controller, callPicos(engine), engine.sampleNanos());
        this.maxOverhead = maxOverhead;
        this.console = console;
    }

    /** Whether samples are taken before there is a recording that wants them. */
    void setWarmUp(boolean now) {
        ahead = now;
        if (controller.setWarmUp(now)) {
            engine.setInterval(controller.interval());
        }
    }

    /**
     * Goes by another controller. Begins anew, as what samples cost by the old one's interval says nothing of the new;
     * {@link #start} is to follow if the engine samples.
     *
     * @param to has begun with nothing yet
     * @param overhead as in the constructor
     */
    void change(IntervalController to, double overhead) {
        controller = to;
        controller.setWarmUp(ahead);
        meter = new OverheadMeter(controller, callPicos(engine), engine.sampleNanos());
        maxOverhead = overhead;
        said = false;
    }

    /** The engine has been attached. */
    void start(EngineCounters counters) {
        engine.counters(counters);
        flood.start(counters.lost, counters.withoutStack);
        lookedAt = System.nanoTime();
        if (!calibrated) {
            calibrated = true;
            engine.calibrate();
            meter.setCosts(callPicos(engine), engine.sampleNanos());
        }
        meter.start(System.nanoTime(), processClock.nanos(), threadClock.nanos(), counters);
    }

    /** Some turns of the sidecar have ended, with or without anything to do. */
    void turnEnded(boolean worked) {
        meter.turnEnded(worked, threadClock.nanos());
    }

    /** The sidecar has slept on until a sample came, or long enough. */
    void sleptPastTurn() {
        meter.sleptPastTurn(threadClock.nanos());
    }

    /** So many records were taken in. */
    void drained(int count) {
        records += count;
    }

    /**
     * To be called often while the engine is attached.
     *
     * @param live sampled blocks that are kept in mind
     */
    void check(EngineCounters counters, long live) {
        long now = System.nanoTime();
        boolean mayHaveSpentAll = records > 0 && now - lookedAt >= (records < FLOOD ? LOOK_NANOS : FLOODED_LOOK_NANOS);
        if (!mayHaveSpentAll && meter.windowNanos(now) < WINDOW_NANOS) {
            return;
        }
        lookedAt = now;
        records = 0;
        turnEnded(true);
        engine.counters(counters);
        boolean changed = controller.live(live);
        changed |= watchFlood(now, counters);
        if (changed) {
            engine.setInterval(controller.interval());
        }
        if (meter.windowNanos(now) < WINDOW_NANOS && !hasSpentAll(counters)) {
            return;
        }
        if (meter.windowEnded(now, processClock.nanos(), counters)) {
            engine.setInterval(controller.interval());
        }
        if (!said && meter.hopelessWindows() >= HOPELESS_WINDOWS) {
            said = true;
            console.accept("maxoverhead=" + percent(maxOverhead) + " cannot be kept: the application allocates so often"
                    + " that its calls alone cost " + percent(controller.overhead()) + " with engine '"
                    + engine.description() + "', whatever the interval");
        }
    }

    /** Looks whether samples come faster than they are taken in; whether the interval has changed. */
    private boolean watchFlood(long now, EngineCounters counters) {
        boolean crowded = samples.crowded();
        if (flood.look(now, counters.lost, counters.withoutStack, crowded, samples.backlog())) {
            return controller.raiseForOverflow();
        }
        return flood.calm() && controller.endOverflow();
    }

    private boolean hasSpentAll(EngineCounters counters) {
        return maxOverhead > 0 && meter.samplingNanos(counters) > maxOverhead * WINDOW_NANOS;
    }

    /**
     * What was spent in the last window, a second at most, as a part of the CPU time that the application used, or of
     * one CPU's.
     */
    double overhead() {
        return controller.overhead();
    }

    /** Mean bytes between two samples now. */
    long interval() {
        return controller.interval();
    }

    /** Whether there is a limit. */
    boolean limited() {
        return maxOverhead > 0;
    }

    /**
     * How often a second something may be done that costs so many nanoseconds of CPU time, for a part of the budget.
     */
    double affordable(double share, double nanosEach) {
        return share * maxOverhead * meter.available() * WINDOW_NANOS / Math.max(nanosEach, 1);
    }

    /** Why it is what it is, for people. */
    String intervalReason() {
        return controller.reason();
    }

    private static long[] callPicos(SamplingEngine engine) {
        Allocator[] allocators = Allocator.values();
        long[] picos = new long[allocators.length];
        for (int i = 0; i < picos.length; i++) {
            picos[i] = engine.callPicos(allocators[i]);
        }
        return picos;
    }

    private static String percent(double part) {
        return Math.round(part * 10_000) / 100.0 + "%";
    }
}

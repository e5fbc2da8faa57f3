// SPDX-License-Identifier: MIT
package io.dwunw.agent.sidecar;

import io.dwunw.agent.budget.HeapShare;
import io.dwunw.agent.engine.EngineCounters;
import io.dwunw.agent.engine.EngineUnavailableException;
import io.dwunw.agent.engine.SamplingEngine;
import io.dwunw.agent.hotspot.JavaThreads;
import io.dwunw.agent.leak.LiveAllocations;
import io.dwunw.agent.leak.LiveMappings;
import io.dwunw.agent.leak.LiveMemory;
import io.dwunw.agent.linux.CpuClock;
import io.dwunw.agent.linux.Doorbell;
import io.dwunw.agent.linux.Kernel;
import io.dwunw.agent.linux.NativeMemory;
import io.dwunw.agent.ringbuf.SampleHandler;
import io.dwunw.agent.ringbuf.SampleSource;
import io.dwunw.agent.sample.AllocatorNames;
import io.dwunw.agent.stack.FrameBuffer;
import io.dwunw.agent.stack.FrameResolver;
import io.dwunw.agent.stack.MixedStackWalker;
import io.dwunw.agent.stack.StackTrace;
import io.dwunw.agent.stack.StackTraces;
import io.dwunw.jfr.AgentStatisticsEvent;
import io.dwunw.jfr.StackReplay;
import io.dwunw.jfr.WantedEvents;
import java.util.function.Consumer;

/** The sidecar's possessions, wired together. Confined to its thread. */
public final class SamplingPipeline implements AutoCloseable {
    /** Distinct stacks that are recognised at once. */
    private static final int KNOWN_STACKS = 1 << 14;
    /** Of the heap, for one of 40 frames in each of two tables. */
    private static final int STACK_BYTES = 800;
    /** Part of the heap for a live block, with the slack of its table, a mapping, or an event that waits. */
    private static final int BLOCK_BYTES = 200;
    /** Longest wait for a thread that was interrupted while it wrote a record, with all later records behind it. */
    private static final long WRITER_PATIENCE_NANOS = 500_000_000L;

    private static final long LONGEST_RECORD_BYTES = 128 << 10;
    /** The smallest ring has room for twice as many of the longest. */
    private static final int LEAST_RECORDS = 8;

    private static final long NANOS_BETWEEN_PACES = 1_000_000_000L;
    private static final int LEAST_WALKS_OF_PACE = 10;
    /** Part of the budget that may be spent on samples of blocks that are freed already. */
    private static final double SHARE_OF_EVENTS = 0.2;

    /** Bytes; as much as a kernel probe takes. A block is sampled by chance of its part of it. */
    private static final long INTERVAL_AT_REST = (1L << 32) - 1;
    /** Blocks that the producer remembers to no purpose, while its room for them is limited. */
    private static final int MOST_LIVE_AT_REST = 10_000;

    private static final long NANOS_BETWEEN_RECONCILIATIONS = 5_000_000_000L;

    private final SamplingEngine engine;
    private final SampleSource samples;
    /** Rung by the engine's threads too, if it has one. */
    private final Doorbell bell;

    private final boolean isWokenBySamples;
    private final EngineCounters counters = new EngineCounters();
    private final LiveMemory<StackTrace> live = new LiveMemory<>(
            HeapShare.entries(LiveAllocations.MAX_BLOCKS, BLOCK_BYTES, 8),
            HeapShare.entries(LiveMappings.MAX_MAPPINGS, BLOCK_BYTES, 32));
    private final ProcessModules modules;
    private final JavaThreads threads;
    private final StackReplay replay;
    private final NameWarmUp nameWarmUp;
    private final MixedStackWalker walker;
    private final EventQueue waiting;
    private final SampleProcessor intake;
    private final EventFactory events;
    private final ReportSchedule reports;
    private final EventDraw draw;
    /** In force. */
    private ChangeableOptions options;

    private final OverheadBudget budget;
    private final UnreadFiles unread;
    private final UnseenMemory unseen;
    private final CpuClock clock = CpuClock.ofThread();
    /** Mean length of the records taken in last; at first as long as one can be. */
    private long recordBytes = LONGEST_RECORD_BYTES;

    private long pacedAt = System.nanoTime();
    private long pacedCpu;
    private long pacedWalks;

    private long reconciledLostFrees;
    private long reconciledAt = System.nanoTime();
    /** Attached, but without a recording. */
    private boolean resting;

    private long mappingChanges;
    /** Bytes of records that had been taken in when the threads were last read. */
    private long refreshedAt;

    /**
     * Wires the parts.
     *
     * @param engine opened, not attached; {@link #close} closes it
     * @param depth most frames of a stack
     * @param options to begin with
     * @param console takes a line when memory is noticed that the engine does not see
     */
    public SamplingPipeline(
            SamplingEngine engine,
            ProcessModules modules,
            MixedStackWalker walker,
            FrameResolver names,
            AllocatorNames allocators,
            JavaThreads threads,
            StackReplay replay,
            OverheadBudget budget,
            DistinctErrors errors,
            UnreadFiles unread,
            int depth,
            ChangeableOptions options,
            Consumer<String> console) {
        this.engine = engine;
        this.samples = engine.samples();
        Doorbell ofEngine = engine.doorbell();
        this.isWokenBySamples = ofEngine != null;
        this.bell = ofEngine != null ? ofEngine : new Doorbell(Kernel.RUNNING, NativeMemory.permanent(Doorbell.BYTES));
        this.modules = modules;
        this.threads = threads;
        this.replay = replay;
        this.budget = budget;
        this.unread = unread;
        this.walker = walker;
        StackTraces traces = new StackTraces(HeapShare.entries(KNOWN_STACKS, STACK_BYTES, 32));
        NamedStackCache named = new NamedStackCache(names, replay);
        this.nameWarmUp = new NameWarmUp(named);
        this.waiting = new EventQueue(
                options.maxEvents(), System.nanoTime(), HeapShare.entries(EventQueue.MAX_WAITING, BLOCK_BYTES, 10));
        this.draw = new EventDraw(options.maxEvents(), System.nanoTime());
        this.intake = new SampleProcessor(
                walker, new FrameBuffer(depth), traces, threads, live, nameWarmUp, waiting, draw, errors);
        this.unseen = new UnseenMemory(engine, live, new TakingIn(), console);
        this.events = new EventFactory(waiting, named, live, allocators, options.minAge());
        this.options = options;
        this.reports = new ReportSchedule(options.report(), System.nanoTime());
    }

    /** Goes on with other options. What has been sampled stays as it is. */
    void change(ChangeableOptions to) {
        events.minAge(to.minAge());
        waiting.maxPerSecond(to.maxEvents());
        draw.maxPerSecond(to.maxEvents());
        reports.period(to.report(), System.nanoTime());
        boolean otherInterval = !to.hasIntervalOf(options);
        options = to;
        if (otherInterval) {
            budget.change(to.controller(), to.maxOverhead());
        }
        if (otherInterval && !resting) {
            engine.setInterval(budget.interval());
            if (engine.attached()) {
                budget.start(counters);
            }
        }
    }

    /** How allocations are caught, for people. */
    String engineDescription() {
        return engine.description();
    }

    /** Whether a recording gets what is sampled. */
    boolean sampling() {
        return engine.attached() && !resting;
    }

    /** Whether the engine is attached, sampling or not. */
    boolean attached() {
        return engine.attached();
    }

    /** @param expecting whether there is no recording yet, and {@link #recordingBegun} will tell when there is */
    void attach(boolean expecting) throws EngineUnavailableException {
        modules.refresh();
        threads.refresh();
        budget.setWarmUp(expecting);
        // Of blocks whose frees have not been watched since the last detaching.
        samples.drainAll(SampleHandler.FORGET, WRITER_PATIENCE_NANOS);
        engine.attach();
        recordingBegun();
        budget.start(counters);
        unseen.start(lostAllocations(), System.nanoTime());
    }

    /**
     * The last recording has ended, but another may follow at once: the engine stays attached for a while, which spares
     * what attaching costs, and samples next to nothing.
     *
     * @return false if so much is live that it should not be kept in mind by the producer: then {@link #detach} is to
     *     be called
     */
    boolean rest() {
        if (live.count() > MOST_LIVE_AT_REST) {
            return false;
        }
        engine.setInterval(INTERVAL_AT_REST);
        forgetRecording();
        resting = true;
        return true;
    }

    /** The next recording has come while the engine was still attached. */
    void resume() {
        modules.refresh();
        threads.refresh();
        samples.drainAll(SampleHandler.FORGET, WRITER_PATIENCE_NANOS);
        engine.setInterval(budget.interval());
        resting = false;
        recordingBegun();
        budget.start(counters);
        unseen.start(lostAllocations(), System.nanoTime());
    }

    private void recordingBegun() {
        events.recordingBegun();
        reports.chunkBegun(System.nanoTime());
    }

    /** What waits to be published is of recordings that have ended; the next one must not get it. */
    private void forgetRecording() {
        drainAll();
        waiting.clear();
        live.clear();
        intake.forgetAhead();
    }

    /**
     * A recording that was expected wants samples from now on; or there will be none. What was sampled before is no
     * leak of it, and few samples with large weights.
     *
     * @param begunNanos when it began, as {@link System#nanoTime}
     */
    void recordingBegun(long begunNanos) {
        nameWarmUp.end();
        budget.setWarmUp(false);
        reports.chunkBegun(System.nanoTime());
        if (engine.attached()) {
            // What was sampled meanwhile says little of what was allocated.
            engine.counters(counters);
            unseen.start(lostAllocations(), System.nanoTime());
        }
        drainAll();
        live.forgetBefore(begunNanos);
    }

    /** Stops sampling, takes in what is left, and forgets what is live: its frees go unseen from now on. */
    void detach() {
        engine.detach();
        if (resting) {
            resting = false;
            engine.setInterval(budget.interval());
        }
        forgetRecording();
    }

    /** Looks at all that waits, before {@link #drain}. */
    void lookAhead() {
        if (sampling()) {
            long now = System.nanoTime();
            paceEvents(now);
            intake.lookAhead(samples, now);
        }
    }

    /** Lets events have their share of the budget, by what a walk and all that comes with it have cost of late. */
    private void paceEvents(long now) {
        if (!budget.limited() || now - pacedAt < NANOS_BETWEEN_PACES) {
            return;
        }
        pacedAt = now;
        long cpu = clock.nanos();
        long walks = intake.walks();
        if (walks - pacedWalks >= LEAST_WALKS_OF_PACE) {
            double cost = (double) (cpu - pacedCpu) / (walks - pacedWalks);
            draw.affordable(budget.affordable(SHARE_OF_EVENTS, cost));
        }
        pacedCpu = cpu;
        pacedWalks = walks;
    }

    int drain(int limit) {
        if (sampling()) {
            modules.watch();
        }
        long consumedBefore = samples.consumed();
        int drained = samples.drain(sampling() ? intake : SampleHandler.FORGET, limit);
        if (drained > 0) {
            recordBytes = Math.max(1, (samples.consumed() - consumedBefore) / drained);
        }
        budget.drained(drained);
        return drained;
    }

    /** Takes in all that has been begun so far, but what a producer does not go on with. */
    void drainAll() {
        samples.drainAll(intake, WRITER_PATIENCE_NANOS);
    }

    /** Bytes of records that were produced so far. */
    long produced() {
        return samples.produced();
    }

    /** Of these, bytes that were taken in. */
    long consumed() {
        return samples.consumed();
    }

    /** What the sidecar sleeps on. */
    Doorbell bell() {
        return bell;
    }

    /** Whether tracing may cost so much and no more. */
    boolean budgeted() {
        return budget.limited();
    }

    /** Whether samples ring it; else they have to be looked for. */
    boolean isWokenBySamples() {
        return isWokenBySamples;
    }

    /** Whether more events wait than should, while the records that wait still have room where they are. */
    boolean shouldPublishFirst() {
        return waiting.crowded() && !samples.crowded();
    }

    /** How many records may wait until they take a part of the room for them that is worth waking up for. */
    int recordsThatMayWait() {
        return (int) Math.max(LEAST_RECORDS, Math.min(samples.room() / recordBytes, Integer.MAX_VALUE));
    }

    /** Whether so much waits that the next sleep should be shorter. */
    boolean waitedTooLong() {
        return samples.backlog() >= samples.room() / 2;
    }

    /** Whether there is nothing to take in and nothing to publish. */
    boolean nothingWaits() {
        return samples.backlog() == 0 && waiting.size() == 0;
    }

    /** A turn, or several, have ended: watches what they cost. */
    void turnEnded(boolean worked) {
        if (sampling()) {
            budget.turnEnded(worked);
        }
    }

    /** The sidecar has slept on until a sample came, or long enough. */
    void sleptPastTurn() {
        budget.sleptPastTurn();
    }

    /** Keeps to the budget; to be called often. */
    void watchBudget() {
        if (sampling()) {
            budget.check(counters, live.count());
        }
    }

    /**
     * What can wait until nothing else is to do; whether it can wait for some ten milliseconds before it is done again.
     */
    boolean idle() {
        if (!sampling()) {
            return true;
        }
        boolean quiet = walker.idle();
        if (samples.backlog() == 0) {
            threads.drained();
        }
        if (modules.refreshIfOld() && samples.consumed() != refreshedAt) {
            // The engine has to know new threads, for the sake of their next samples.
            refreshedAt = samples.consumed();
            threads.refresh();
        }
        if (live.mappingChanges() != mappingChanges) {
            mappingChanges = live.mappingChanges();
            engine.setUnmappedCount(live.deadMappings());
        }
        if (System.nanoTime() - reconciledAt >= NANOS_BETWEEN_RECONCILIATIONS) {
            reconcile();
        }
        if (samples.backlog() == 0 && unseen.due(System.nanoTime())) {
            engine.counters(counters);
            unseen.look(lostAllocations(), budget.interval());
        }
        return quiet;
    }

    /** As of the last reading of the counters. */
    private long lostAllocations() {
        return counters.lost - counters.lostFrees + live.overflowed();
    }

    /**
     * Looks for memory that was not seen. When all records have been taken in, and {@link #reconcile} has been called.
     */
    private void lookForUnseen() {
        if (sampling()) {
            unseen.look(lostAllocations(), budget.interval());
        }
    }

    /**
     * A free whose record was lost would leave its block alive forever: asks the producer which blocks are, and the
     * kernel what is mapped.
     */
    private void reconcile() {
        reconciledAt = System.nanoTime();
        engine.counters(counters);
        if (counters.lostFrees != reconciledLostFrees) {
            reconciledLostFrees = counters.lostFrees;
            live.forgetBlocks(address -> !engine.isLive(address));
            long[] mapped = modules.mapped();
            if (mapped != null) {
                live.forgetUnmapped(mapped);
            }
        }
    }

    /** Notes down the leaks, if a report within the chunk is due; a recording that is about to stop gets its own. */
    void reportIfDue() {
        long now = System.nanoTime();
        if (reports.isDue(now) && sampling() && WantedEvents.leaks() && !events.isChanging()) {
            long begun = clock.nanos();
            reconcile();
            events.snapshotLeaks(false);
            reports.reported(now, clock.nanos() - begun);
        }
    }

    /** Notes down the leaks for a chunk that ends. */
    void reportAtChunkEnd() {
        reconcile();
        lookForUnseen();
        events.snapshotLeaks(true);
        reports.chunkBegun(System.nanoTime());
    }

    NameWarmUp nameWarmUp() {
        return nameWarmUp;
    }

    EventQueue waiting() {
        return waiting;
    }

    EventFactory events() {
        return events;
    }

    AgentStatisticsEvent statistics(long internalErrors) {
        engine.counters(counters);
        AgentStatisticsEvent event = new AgentStatisticsEvent();
        Statistics.fill(event, counters);
        Statistics.fill(event, intake);
        Statistics.fill(event, replay);
        event.ringBytes = samples.capacity();
        event.liveBlocks = live.count();
        event.untrackedBlocks = live.overflowed();
        event.sidecarCpuTime = clock.nanos();
        event.timePerSample = intake.walks() == 0 ? 0 : event.sidecarCpuTime / intake.walks();
        event.unreadFiles = unread.count();
        event.unpublished = waiting.unpublished();
        event.joinedSamples = waiting.joined();
        event.internalErrors = internalErrors;
        event.engine = engine.description();
        event.unseenBytes = unseen.unseenBytes();
        event.unseenFrees = unseen.unseenFrees();
        event.overhead = (float) budget.overhead();
        event.interval = budget.interval();
        event.intervalReason = budget.intervalReason();
        return event;
    }

    private final class TakingIn implements Runnable {
        @Override
        public void run() {
            drainAll();
        }
    }

    @Override
    public void close() {
        engine.close();
    }
}

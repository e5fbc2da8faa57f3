// SPDX-License-Identifier: MIT
package io.dwunw.agent.sidecar;

import io.dwunw.agent.linux.Doorbell;
import io.dwunw.jfr.Publication;
import io.dwunw.jfr.Rendezvous;
import io.dwunw.jfr.ReplayThread;
import io.dwunw.jfr.StackReplay;
import io.dwunw.jfr.Unobserved;
import io.dwunw.jfr.WantedEvents;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The sidecar thread: drains the ring, publishes, sleeps a little, over and over, and does what other threads wish
 * for.
 *
 * <p>{@link #requestStatistics}, {@link #samplesWanted}, {@link #awaitProbes} and {@link #wake} may be called by any
 * thread; everything else happens on the thread itself. It ends only when allocations cannot be caught at all.
 */
public final class Sidecar extends ReplayThread {
    /** Records handled before the next look at the mailbox. */
    private static final int DRAIN_LIMIT = 256;
    /**
     * Records handled between two looks at the budget: each takes a tenth of a millisecond until its code is compiled.
     */
    private static final int DRAIN_STEP = 32;
    /** How long records may lie in the ring: short, because compiled Java code can be freed under a stack. */
    private static final long MIN_IDLE_NANOS = 1_000_000;

    private static final long MAX_IDLE_NANOS = 10_000_000;

    /**
     * Housekeeping runs at least this often even under a constant flow of samples, but not each
     * millisecond.
     */
    private static final long LONGEST_WITHOUT_IDLING_NANOS = 50_000_000;
    /**
     * Longest time between housekeeping runs, and longest time a record waits in the ring, while no code or metadata is
     * being freed.
     */
    private static final long LONGEST_QUIET_NANOS = 250_000_000;

    /**
     * Where samples end a sleep once there are many: most blocks that are freed at all are freed by then, and need no
     * walk.
     */
    private static final long MAX_QUIET_IDLE_NANOS = 200_000_000;
    /** Where nothing goes away, but samples do not end a sleep. */
    private static final long MAX_SILENT_IDLE_NANOS = 25_000_000;
    /** Where code may go away, but there is a budget: to wake up a hundred times a second would take most of it. */
    private static final long MAX_BUDGETED_IDLE_NANOS = 50_000_000;

    private static final long DETACHED_IDLE_NANOS = 100_000_000;
    /** How long the engine stays attached after the last recording: to set kernel probes takes 10 to 100 ms. */
    private static final long REST_NANOS = 200_000_000;
    /** After that a recording that was to be started with the JVM has not been. */
    private static final long EXPECTATION_NANOS = 30_000_000_000L;

    private final SidecarHost host;
    private final DistinctErrors errors;
    private final Unobserved unobserved = new Unobserved();
    private final Rendezvous chunkEnd = new Rendezvous(new WakeUp(), new Late());
    /** Released when the probes are attached, or never will be; replaced when they are detached. */
    private volatile CountDownLatch probes = new CountDownLatch(1);

    /** Released when it is certain whether allocations can be caught. */
    private final CountDownLatch opening = new CountDownLatch(1);

    private volatile @Nullable String whyEnded;
    private volatile boolean statisticsWanted;
    private volatile boolean ended;
    /** When a recording said that it wants samples, as {@link System#nanoTime}; 0 = none has. */
    private volatile long wantedAt;

    /** Options to go on with; null if there are no others. */
    private final AtomicReference<@Nullable Change> change = new AtomicReference<>();

    private boolean expecting;
    /** Since the last sleep. */
    private boolean worked;

    /** Somebody wants something of this thread. */
    private volatile boolean woken;

    private int drainedSinceSleep;
    /** When the last sleep ended, more waited than should. */
    private boolean late;

    /** Of what could wait at the last sleep: whether it can wait longer than one sleep. */
    private boolean quiet;

    private long idledAt = System.nanoTime();

    private long expectedUntil;
    private long restsUntil;
    private @Nullable SamplingPipeline pipeline;
    private volatile @Nullable Doorbell bell;
    private long idleNanos = MIN_IDLE_NANOS;
    private boolean endingChunk;
    /** Allocations that waited when the chunk's end was asked for, and are still to be published before it. */
    private int pendingAtChunkEnd;

    /** Not started. */
    public Sidecar(StackReplay replay, SidecarHost host, DistinctErrors errors) {
        super("dwunw sidecar", replay);
        this.host = host;
        this.errors = errors;
    }

    /** Where JFR's thread meets this one when a chunk ends. */
    public Rendezvous chunkEnd() {
        return chunkEnd;
    }

    /**
     * To be called before the thread is started: a recording will be started soon. Sampling then begins as early as
     * possible, while JFR is still busy with itself; it ends again if no recording turns up.
     */
    public void announceRecording() {
        expectedUntil = System.nanoTime() + EXPECTATION_NANOS;
        expecting = true;
    }

    /** Asks for one statistics event. */
    public void requestStatistics() {
        statisticsWanted = true;
        wake();
    }

    /** Goes on with these options; waits until they are in force, or patience has ended. Any other thread. */
    public void change(ChangeableOptions to, long patienceMillis) {
        Change wanted = new Change(to);
        change.set(wanted);
        wake();
        try {
            wanted.done.await(patienceMillis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static final class Change {
        private final ChangeableOptions to;
        private final CountDownLatch done = new CountDownLatch(1);

        Change(ChangeableOptions to) {
            this.to = to;
        }
    }

    /** Waits until the probes that a recording wants are attached, or never will be, or patience has ended. */
    public void awaitProbes(long patienceMillis) {
        CountDownLatch latch = probes;
        if (!WantedEvents.any() || ended || Thread.currentThread() == this) {
            return;
        }
        try {
            if (!latch.await(patienceMillis, TimeUnit.MILLISECONDS)) {
                host.probesAreLate();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Waits until it is certain whether allocations can be caught, or patience has ended. Any other thread.
     *
     * @return why they cannot be; null if they can, or if it is not certain yet
     */
    public @Nullable String awaitOpening(long patienceMillis) {
        try {
            opening.await(patienceMillis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return whyEnded;
    }

    /** A recording wants samples from now on, or none does any more. */
    public void samplesWanted(boolean wanted) {
        if (wanted) {
            wantedAt = System.nanoTime();
        }
        wake();
    }

    /** Ends a sleep. */
    public void wake() {
        woken = true;
        Doorbell opened = bell;
        if (opened != null) {
            opened.ring();
        }
        LockSupport.unpark(this);
    }

    @Override
    protected @Nullable Publication next() {
        SamplingPipeline p = pipeline != null ? pipeline : open();
        while (p != null && !ended) {
            Publication publication = turn(p);
            if (publication != null) {
                unobserved.end();
                return publication;
            }
        }
        return null;
    }

    /** One turn of the duty cycle; null if there is nothing to publish now. */
    private @Nullable Publication turn(SamplingPipeline p) {
        switchProbes(p);
        if (ended) {
            // The engine could not be attached and is closed: nothing of it may be touched any more.
            return null;
        }
        Change wanted = change.get() == null ? null : change.getAndSet(null);
        if (wanted != null) {
            p.change(wanted.to);
            wanted.done.countDown();
        }
        p.lookAhead();
        int drained = p.shouldPublishFirst() ? 0 : drain(p);
        drainedSinceSleep += drained;
        worked |= drained > 0;
        if (!endingChunk && chunkEnd.requested()) {
            beginChunkEnd(p);
        }
        boolean flooded = drained >= DRAIN_LIMIT;
        if (flooded
                && !endingChunk
                && !statisticsWanted
                && !p.waiting().limited()
                && !p.waiting().crowded()) {
            // The ring fills faster than events can be written: a sample lost is worse than an event that is late.
            // Events that have a rate are few, and samples that join them never make a crowd.
            return null;
        }
        if (endingChunk) {
            chunkEnd.progress();
        }
        Publication publication = nextPublication(p);
        worked |= publication != null;
        if (publication == null
                && !flooded
                && !endingChunk
                && !(expecting && p.nameWarmUp().step())) {
            sleep(p);
        }
        return publication;
    }

    private static int drain(SamplingPipeline p) {
        int drained = 0;
        int step = DRAIN_STEP;
        while (step == DRAIN_STEP && drained < DRAIN_LIMIT) {
            p.watchBudget();
            step = p.drain(DRAIN_STEP);
            drained += step;
        }
        return drained;
    }

    /** Statistics come before what may be a hundred thousand events: JFR may not wait for all of these. */
    private @Nullable Publication nextPublication(SamplingPipeline p) {
        if (!endingChunk) {
            p.reportIfDue();
        }
        Publication publication = p.events().nextLeak();
        if (publication != null) {
            return publication;
        }
        if (statisticsWanted) {
            statisticsWanted = false;
            if (WantedEvents.statistics()) {
                return new Publication(p.statistics(errors.count()), null);
            }
        }
        if (!endingChunk) {
            return p.events().nextWaiting();
        }
        publication = pendingAtChunkEnd-- > 0 ? p.events().nextBeforeChunkEnd() : null;
        if (publication == null) {
            endingChunk = false;
            p.events().chunkEnded();
            chunkEnd.done();
        }
        return publication;
    }

    private void beginChunkEnd(SamplingPipeline p) {
        // Ten thousands of records may wait, and this thread may have a small share of the machine.
        long end = p.produced();
        while (p.consumed() - end < 0 && p.drain(DRAIN_LIMIT) > 0) {
            chunkEnd.progress();
        }
        p.drainAll();
        endingChunk = true;
        pendingAtChunkEnd = p.waiting().size();
        statisticsWanted = true;
        p.reportAtChunkEnd();
    }

    private void switchProbes(SamplingPipeline p) {
        boolean want = WantedEvents.any();
        if (expecting && (want || System.nanoTime() - expectedUntil > 0)) {
            expecting = false;
            p.recordingBegun(wantedAt == 0 ? System.nanoTime() : wantedAt);
        }
        want |= expecting;
        if (want == p.sampling()) {
            if (!want && p.attached() && System.nanoTime() - restsUntil > 0) {
                p.detach();
            }
            return;
        }
        // The new state is an event of this thread.
        unobserved.end();
        if (want) {
            begin(p);
        } else {
            probes = new CountDownLatch(1);
            restsUntil = System.nanoTime() + REST_NANOS;
            if (!p.rest()) {
                p.detach();
            }
            host.resting(p.engineDescription());
        }
    }

    private void begin(SamplingPipeline p) {
        try {
            if (p.attached()) {
                p.resume();
            } else {
                p.attach(expecting);
            }
            host.tracing(p.engineDescription());
            probes.countDown();
        } catch (Exception e) {
            end(host.describeFailure(e), p);
        }
    }

    private void sleep(SamplingPipeline p) {
        long now = System.nanoTime();
        if (drainedSinceSleep == 0
                || now - idledAt >= (canSleepUntilSample(p) ? LONGEST_QUIET_NANOS : LONGEST_WITHOUT_IDLING_NANOS)) {
            idledAt = now;
            quiet = p.idle();
        }
        idleNanos =
                late ? Math.max(idleNanos / 2, MIN_IDLE_NANOS) : Math.min(idleNanos + idleNanos / 4, longestIdle(p));
        drainedSinceSleep = 0;
        p.turnEnded(worked);
        worked = false;
        // Nothing is compiled yet that could be freed, and each turn takes time from the application's start.
        sleep(p, expecting ? MAX_IDLE_NANOS : idleNanos);
        woken = false;
        late = p.attached() && p.waitedTooLong();
    }

    private long longestIdle(SamplingPipeline p) {
        if (canSleepUntilSample(p)) {
            // Where a recording's end does not wait for this thread, what has gathered until then would miss it.
            return p.budgeted() && WantedEvents.chunkEnds() ? MAX_QUIET_IDLE_NANOS : MAX_SILENT_IDLE_NANOS;
        }
        if (expecting) {
            return MAX_IDLE_NANOS;
        }
        boolean nothingComes = quiet && drainedSinceSleep == 0;
        if (p.budgeted() && (p.isWokenBySamples() || nothingComes)) {
            return MAX_BUDGETED_IDLE_NANOS;
        }
        return p.budgeted() || (quiet && !p.isWokenBySamples()) ? MAX_SILENT_IDLE_NANOS : MAX_IDLE_NANOS;
    }

    private void sleep(SamplingPipeline p, long nanos) {
        // Until the next event, since what there is to do in between is mostly little.
        // Where a recording's end does not wait for this thread, the last events must be on their way by then.
        if (WantedEvents.chunkEnds()) {
            unobserved.begin();
        }
        if (!p.sampling()) {
            // Not on the bell, in native code: a JVM that exits waits for such threads.
            if (!woken) {
                LockSupport.parkNanos(this, DETACHED_IDLE_NANOS);
            }
            return;
        }
        Doorbell door = p.bell();
        // A ring costs its thread more than a sample does: not where records are many, and taken each millisecond.
        boolean mayRing = nanos > MIN_IDLE_NANOS && !expecting;
        door.arm(mayRing ? p.recordsThatMayWait() : Integer.MAX_VALUE);
        if (!woken) {
            door.sleep(nanos);
        }
        if (canSleepUntilSample(p)) {
            sleepUntilSample(p);
        }
        door.disarm();
    }

    /** Whether sleeps may be long: nothing goes away that stacks would need, and samples end them. */
    private boolean canSleepUntilSample(SamplingPipeline p) {
        return quiet && !expecting && p.isWokenBySamples();
    }

    /** Sleeps on until the first sample comes. */
    private void sleepUntilSample(SamplingPipeline p) {
        Doorbell door = p.bell();
        boolean sleptPastTurn = false;
        long rest = rest();
        while (rest > 0) {
            door.arm(1);
            if (woken || !p.nothingWaits()) {
                break;
            }
            door.sleep(rest);
            sleptPastTurn = true;
            rest = rest();
        }
        if (sleptPastTurn) {
            p.sleptPastTurn();
        }
    }

    private long rest() {
        return idledAt + LONGEST_QUIET_NANOS - System.nanoTime();
    }

    private @Nullable SamplingPipeline open() {
        try {
            SamplingPipeline opened = host.createPipeline(this);
            pipeline = opened;
            bell = opened.bell();
            host.resting(opened.engineDescription());
            opening.countDown();
            return opened;
        } catch (Exception | LinkageError e) {
            end(host.describeFailure(e), null);
            return null;
        }
    }

    /** Gives up for good; no thread must wait for this one any more. */
    private void end(String why, @Nullable SamplingPipeline p) {
        whyEnded = why;
        ended = true;
        opening.countDown();
        probes.countDown();
        unobserved.end();
        host.stopped(why);
        chunkEnd.close();
        if (p != null) {
            p.close();
        }
    }

    private final class Late implements Runnable {
        private final AtomicBoolean said = new AtomicBoolean();

        @Override
        public void run() {
            if (said.compareAndSet(false, true)) {
                host.chunkEndedEarly();
            }
        }
    }

    private final class WakeUp implements Runnable {
        @Override
        public void run() {
            wake();
        }
    }

    @Override
    protected void failed(Throwable failure) {
        errors.record("publishing", failure);
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import jdk.jfr.FlightRecorder;
import jdk.jfr.FlightRecorderListener;
import jdk.jfr.Recording;
import jdk.jfr.RecordingState;

/**
 * The events' life in recordings: when any recording wants them, when a chunk ends, when a statistic is due. Never
 * starts the recorder, and costs next to nothing until somebody else does.
 *
 * <p>Threading: {@code wanted} comes on whatever thread starts or stops a recording, one call at a time, without a lock
 * of JFR; that thread waits for it. The end of a chunk comes under JFR's lock. Statistics come on JFR's periodic
 * thread.
 */
public final class RecordingHooks implements AutoCloseable {
    private final Consumer<Boolean> wanted;
    private final Runnable chunkEnd;
    private final Runnable chunkEndWithoutLeaks;
    private final Runnable statistics;
    private final FlightRecorderListener listener = new Listener();
    private final AtomicBoolean hooked = new AtomicBoolean();
    private volatile boolean closed;
    private boolean lastWanted;

    private RecordingHooks(Consumer<Boolean> wanted, Rendezvous chunkEnd, Runnable statistics) {
        this.wanted = wanted;
        this.chunkEnd = new ChunkEnd(chunkEnd);
        this.chunkEndWithoutLeaks = new ChunkEndWithoutLeaks(chunkEnd);
        this.statistics = statistics;
    }

    /**
     * Call once, early.
     *
     * @param wanted gets true when the first recording enables an event of dwunw, false when none does any more; may
     *     wait for a moment, but not for a thread that calls {@link #poll} or {@link #close}
     * @param chunkEnd where JFR waits for the events of a chunk, while {@link WantedEvents#chunkEnds}
     * @param statistics runs each second while {@code dwunw.AgentStatistics} is enabled: to commit one, or have one
     *     committed
     */
    public static RecordingHooks install(Consumer<Boolean> wanted, Rendezvous chunkEnd, Runnable statistics) {
        RecordingHooks hooks = new RecordingHooks(wanted, chunkEnd, statistics);
        FlightRecorder.addListener(hooks.listener);
        return hooks;
    }

    /**
     * Looks again. For changes that no recording's start or stop tells of, such as settings changed while it runs: to
     * be called now and then, from any thread.
     */
    public synchronized void poll() {
        boolean now = !closed && WantedEvents.any();
        if (now != lastWanted) {
            lastWanted = now;
            wanted.accept(now);
        }
    }

    @Override
    public void close() {
        closed = true;
        FlightRecorder.removeListener(listener);
        unhook();
        poll();
    }

    private void unhook() {
        if (hooked.get()) {
            FlightRecorder.removePeriodicEvent(chunkEnd);
            FlightRecorder.removePeriodicEvent(chunkEndWithoutLeaks);
            FlightRecorder.removePeriodicEvent(statistics);
        }
    }

    /** Without a lock of ours, because JFR takes its own here and calls us under it elsewhere. */
    private void hook() {
        if (closed || !hooked.compareAndSet(false, true)) {
            return;
        }
        // Now, because the first commit of an unregistered type would take the lock under which JFR may wait for it.
        FlightRecorder.register(NativeAllocationEvent.class);
        FlightRecorder.register(NativeFreeEvent.class);
        FlightRecorder.register(NativeLeakEvent.class);
        FlightRecorder.register(NativeLeakReportEvent.class);
        FlightRecorder.register(AgentStatisticsEvent.class);
        FlightRecorder.register(AgentStateEvent.class);
        WantedEvents.registered();
        FlightRecorder.addPeriodicEvent(NativeLeakEvent.class, chunkEnd);
        FlightRecorder.addPeriodicEvent(AgentStateEvent.class, chunkEndWithoutLeaks);
        FlightRecorder.addPeriodicEvent(AgentStatisticsEvent.class, statistics);
        if (closed) {
            unhook(); // close() may have come too early to find anything to remove
        }
    }

    private static final class ChunkEnd implements Runnable {
        private final Rendezvous rendezvous;

        ChunkEnd(Rendezvous rendezvous) {
            this.rendezvous = rendezvous;
        }

        @Override
        public void run() {
            rendezvous.await();
        }
    }

    /** Chunk ends of recordings without leaks, which have other events that wait. */
    private static final class ChunkEndWithoutLeaks implements Runnable {
        /** JFR calls what has the period "everyChunk" also when a chunk begins, in a method of this name. */
        private static final String CHUNK_BEGINS = "doChunkBegin";

        private final Rendezvous rendezvous;

        ChunkEndWithoutLeaks(Rendezvous rendezvous) {
            this.rendezvous = rendezvous;
        }

        @Override
        public void run() {
            if (WantedEvents.any() && !WantedEvents.leaks() && !begins()) {
                rendezvous.await();
            }
        }

        private static boolean begins() {
            for (StackTraceElement frame : new Throwable().getStackTrace()) {
                if (frame.getMethodName().equals(CHUNK_BEGINS)) {
                    return true;
                }
            }
            return false;
        }
    }

    private void chooseEvents(Recording recording) {
        if (!closed && recording.getState() == RecordingState.RUNNING) {
            ChosenEvents.apply(recording);
        }
    }

    private final class Listener implements FlightRecorderListener {
        @Override
        public void recorderInitialized(FlightRecorder recorder) {
            hook();
            for (Recording recording : recorder.getRecordings()) {
                chooseEvents(recording);
            }
        }

        @Override
        public void recordingStateChanged(Recording recording) {
            // Before anything is attached, so that no event is written that was not chosen.
            chooseEvents(recording);
            poll();
        }
    }
}

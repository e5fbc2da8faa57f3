package io.dwunw.jfr;

import java.util.List;
import java.util.function.Consumer;
import jdk.jfr.Event;
import jdk.jfr.FlightRecorder;
import jdk.jfr.FlightRecorderListener;
import jdk.jfr.Recording;

/**
 * The events' life in recordings: when any recording wants them, when a chunk ends, when a statistic is due. Never starts
 * the recorder, and costs next to nothing until somebody else does.
 *
 * <p>Threading: callbacks come on threads of JFR, or of whoever starts and stops recordings, under JFR's lock.
 */
public final class RecordingHooks implements AutoCloseable {
    private static final List<Class<? extends Event>> TYPES = List.of(
            NativeAllocationEvent.class, NativeFreeEvent.class, NativeLeakEvent.class, AgentStatisticsEvent.class);

    private final Consumer<Boolean> wanted;
    private final Runnable chunkEnd;
    private final Runnable statistics;
    private final FlightRecorderListener listener = new Listener();
    private boolean lastWanted;
    private boolean hooked;
    private boolean closed;

    private RecordingHooks(Consumer<Boolean> wanted, Rendezvous chunkEnd, Runnable statistics) {
        this.wanted = wanted;
        this.chunkEnd = chunkEnd::await;
        this.statistics = statistics;
    }

    /**
     * Call once, early.
     *
     * @param wanted told true when the first recording enables an event of dwunw, false when none does any more; must
     *     return at once
     * @param chunkEnd where JFR waits for the {@code dwunw.NativeLeak} events of a chunk, if they are enabled
     * @param statistics runs each second while {@code dwunw.AgentStatistics} is enabled: to commit one, or have one
     *     committed
     */
    public static RecordingHooks install(Consumer<Boolean> wanted, Rendezvous chunkEnd, Runnable statistics) {
        RecordingHooks hooks = new RecordingHooks(wanted, chunkEnd, statistics);
        FlightRecorder.addListener(hooks.listener);
        return hooks;
    }

    /** Whether a recording wants any event of dwunw now. Cheap: a field read per event type. */
    public static boolean wanted() {
        return NativeAllocationEvent.enabled()
                || NativeLeakEvent.enabled()
                || AgentStatisticsEvent.enabled()
                || NativeFreeEvent.enabled();
    }

    /**
     * Looks again. For changes that no recording's start or stop tells of, such as settings changed while it runs: to be
     * called now and then, from any thread.
     */
    public synchronized void poll() {
        boolean now = !closed && wanted();
        if (now != lastWanted) {
            lastWanted = now;
            wanted.accept(now);
        }
    }

    @Override
    public void close() {
        FlightRecorder.removeListener(listener);
        synchronized (this) {
            closed = true;
            if (hooked) {
                hooked = false;
                FlightRecorder.removePeriodicEvent(chunkEnd);
                FlightRecorder.removePeriodicEvent(statistics);
            }
        }
        poll();
    }

    private synchronized void hook() {
        if (hooked || closed) {
            return;
        }
        hooked = true;
        // Now, because the first commit of an unregistered type would take the lock under which JFR may wait for it.
        TYPES.forEach(FlightRecorder::register);
        FlightRecorder.addPeriodicEvent(NativeLeakEvent.class, chunkEnd);
        FlightRecorder.addPeriodicEvent(AgentStatisticsEvent.class, statistics);
    }

    private final class Listener implements FlightRecorderListener {
        @Override
        public void recorderInitialized(FlightRecorder recorder) {
            hook();
        }

        @Override
        public void recordingStateChanged(Recording recording) {
            poll();
        }
    }
}

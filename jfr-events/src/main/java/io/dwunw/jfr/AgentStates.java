// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import jdk.jfr.FlightRecorder;
import jdk.jfr.FlightRecorderListener;
import org.jspecify.annotations.Nullable;

/**
 * State of the agent as recordings show it: a {@code dwunw.AgentState} event when a chunk begins and ends, and when the
 * state changes. Works without a sidecar, since a recording in which the agent could not trace must say so, and
 * outlives an agent that could not start: one that is attached later goes on with it.
 *
 * <p>Thread-safe. Never starts the recorder, and touches the event's class only when JFR has registered it, see {@link
 * WantedEvents}.
 */
public final class AgentStates implements AutoCloseable {
    private static final String TRACING = "tracing";
    private static final String RESTING = "resting";
    private static final String NOT_TRACING = "not tracing";

    private static final AtomicReference<@Nullable AgentStates> OF_JVM = new AtomicReference<>();

    private final AtomicBoolean registered = new AtomicBoolean();
    private final Hook hook = new Hook(this);
    private volatile Snapshot now;

    private AgentStates(String options) {
        this.now = new Snapshot(RESTING, "not ready yet", options, "", System.currentTimeMillis());
    }

    /** State at one moment. */
    private static final class Snapshot {
        private final String state;
        private final String reason;
        private final String options;
        private final String engine;
        private final long sinceMillis;

        Snapshot(String state, String reason, String options, String engine, long sinceMillis) {
            this.state = state;
            this.reason = reason;
            this.options = options;
            this.engine = engine;
            this.sinceMillis = sinceMillis;
        }
    }

    /**
     * The states of this JVM, which begin with the first call: an agent that is getting ready.
     *
     * @param options in force, or as they were written where they were not understood
     */
    public static AgentStates ofJvm(String options) {
        AgentStates known = OF_JVM.get();
        if (known == null) {
            AgentStates first = new AgentStates(options);
            if (OF_JVM.compareAndSet(null, first)) {
                FlightRecorder.addListener(first.hook);
                return first;
            }
            known = Objects.requireNonNull(OF_JVM.get());
        }
        known.options(options);
        return known;
    }

    /** As for a JVM of its own. */
    static AgentStates install(String options) {
        AgentStates states = new AgentStates(options);
        FlightRecorder.addListener(states.hook);
        return states;
    }

    /** Other options are in force. */
    public synchronized void options(String options) {
        Snapshot old = now;
        become(new Snapshot(old.state, old.reason, options, old.engine, old.sinceMillis));
    }

    /** Samples are taken. */
    public synchronized void tracing(String engine) {
        become(TRACING, "a recording wants samples", engine);
    }

    /** All is ready, but no recording wants samples. */
    public synchronized void resting(String engine) {
        become(RESTING, "no recording wants samples", engine);
    }

    /** Samples cannot be taken. */
    public synchronized void notTracing(String reason) {
        become(NOT_TRACING, reason, "");
    }

    /** No recording shows the state any more. */
    @Override
    public void close() {
        FlightRecorder.removeListener(hook);
        if (registered.getAndSet(false)) {
            FlightRecorder.removePeriodicEvent(hook);
        }
    }

    private void become(String state, String reason, String engine) {
        Snapshot old = now;
        if (!old.state.equals(state) || !old.reason.equals(reason) || !old.engine.equals(engine)) {
            become(new Snapshot(state, reason, old.options, engine, System.currentTimeMillis()));
        }
    }

    private void become(Snapshot snapshot) {
        now = snapshot;
        commit();
    }

    private void commit() {
        if (!registered.get() || !AgentStateEvent.enabled()) {
            return;
        }
        Snapshot snapshot = now;
        AgentStateEvent event = new AgentStateEvent();
        event.state = snapshot.state;
        event.reason = snapshot.reason;
        event.options = snapshot.options;
        event.engine = snapshot.engine;
        event.since = snapshot.sinceMillis;
        event.commit();
    }

    /** Both of what JFR calls. */
    private static final class Hook implements FlightRecorderListener, Runnable {
        private final AgentStates states;

        Hook(AgentStates states) {
            this.states = states;
        }

        @Override
        public void recorderInitialized(FlightRecorder recorder) {
            FlightRecorder.register(AgentStateEvent.class);
            if (states.registered.compareAndSet(false, true)) {
                FlightRecorder.addPeriodicEvent(AgentStateEvent.class, this);
            }
        }

        /** When a chunk begins or ends, under JFR's lock: hence without ours. */
        @Override
        public void run() {
            states.commit();
        }
    }
}

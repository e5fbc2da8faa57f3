// SPDX-License-Identifier: MIT
package io.dwunw.agent;

import io.dwunw.agent.AgentOptions.Engine;
import io.dwunw.agent.bpf.UprobeEngine;
import io.dwunw.agent.engine.EngineUnavailableException;
import io.dwunw.agent.engine.SamplingEngine;
import io.dwunw.agent.linux.NativeLibrary;
import io.dwunw.agent.linux.NativeLibraryException;
import io.dwunw.agent.sidecar.ChangeableOptions;
import io.dwunw.agent.sidecar.DistinctErrors;
import io.dwunw.agent.sidecar.SamplingPipeline;
import io.dwunw.agent.sidecar.Sidecar;
import io.dwunw.agent.sidecar.SidecarHost;
import io.dwunw.jfr.AgentStates;
import io.dwunw.jfr.RecordingDepth;
import io.dwunw.jfr.RecordingHooks;
import io.dwunw.jfr.StackReplay;
import java.lang.instrument.Instrumentation;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One JVM's tracing, from the agent's start to the JVM's end.
 *
 * <p>What must happen before the application's first instruction happens in {@link #start}; all else on the sidecar's
 * thread, while the JVM goes on starting. A recording that starts waits for it, so that its first allocations are seen.
 */
final class AgentSession implements SidecarHost {
    /** Longest that the start of a recording waits for the probes; after that the first allocations are missed. */
    private static final long PROBE_PATIENCE_MILLIS = 5_000;

    /** Longest that somebody who attaches the agent waits to know whether it can trace. */
    private static final long OPENING_PATIENCE_MILLIS = 10_000;

    /** Bytes: with fewer between samples, JFR's own start would give the sidecar more to do than there is time for. */
    private static final long EARLY_INTERVAL = 128 << 10;

    private final AgentOptions options;
    private final Instrumentation instrumentation;
    private final StackReplay replay;
    private final AgentStates states;
    private final Consumer<String> console = new ToConsole();
    private final DistinctErrors errors = new DistinctErrors(console);

    private AgentSession(
            AgentOptions options, Instrumentation instrumentation, StackReplay replay, AgentStates states) {
        this.options = options;
        this.instrumentation = instrumentation;
        this.replay = replay;
        this.states = states;
    }

    /** What these options ask for and certainly cannot be had, in one line; empty if it may be possible. */
    static Optional<String> firstMissing(AgentOptions options) {
        Optional<? extends EngineUnavailableException> missing = certainlyMissing(options.engine());
        return missing.isPresent() ? Optional.of(String.valueOf(missing.get().getMessage())) : Optional.empty();
    }

    /** Starts the session; for the answer whether it can trace the caller may have to wait. */
    static Running start(AgentOptions options, Instrumentation instrumentation) {
        int depth = RecordingDepth.raise(options.depth(), instrumentation);
        AgentStates states = AgentStates.ofJvm(OptionText.of(options));
        AgentSession session = new AgentSession(options, instrumentation, new StackReplay(depth), states);
        Sidecar sidecar = new Sidecar(session.replay, session, session.errors);
        RecordingHooks.install(new WhenWanted(sidecar), sidecar.chunkEnd(), new WhenStatisticsAreDue(sidecar));
        if (options.firstInterval() >= EARLY_INTERVAL && CommandLine.startsRecording()) {
            sidecar.announceRecording();
        }
        sidecar.start();
        return new Running(sidecar, states);
    }

    private static ChangeableOptions changeable(AgentOptions options) {
        return new ChangeableOptions(
                options.narrowestInterval(),
                options.firstInterval(),
                options.maxOverhead(),
                options.minAge(),
                options.maxEvents(),
                options.report());
    }

    /** A session that has begun; as a supplier, why it cannot trace, null if it can. */
    static final class Running implements Supplier<@Nullable String> {
        private final Sidecar sidecar;
        private final AgentStates states;

        Running(Sidecar sidecar, AgentStates states) {
            this.sidecar = sidecar;
            this.states = states;
        }

        @Override
        public @Nullable String get() {
            return failure(OPENING_PATIENCE_MILLIS);
        }

        private @Nullable String failure(long patienceMillis) {
            String why = sidecar.awaitOpening(patienceMillis);
            return why == null ? null : "not tracing: " + why;
        }

        /** As far as it is known by now. */
        @Nullable
        String now() {
            return failure(0);
        }

        /** Goes on with these options, as far as they can change. */
        void change(AgentOptions wanted) {
            sidecar.change(changeable(wanted), OPENING_PATIENCE_MILLIS);
            states.options(OptionText.of(wanted));
        }
    }

    /**
     * What is certain before anything is opened, for the one line that the user gets: that an engine asked for cannot
     * be had. Takes no time, so that it can be said before the application starts; nor are classes loaded here that
     * open engines, since the first of those with native methods costs some milliseconds.
     */
    private static Optional<? extends EngineUnavailableException> certainlyMissing(Engine wanted) {
        return switch (wanted) {
            case UPROBE, HOOKS_BPF -> UprobeEngine.certainlyMissing();
            case AUTO, HOOKS, HOOKS_SELF -> Optional.empty();
        };
    }

    private static final class WhenWanted implements Consumer<Boolean> {
        private final Sidecar sidecar;

        WhenWanted(Sidecar sidecar) {
            this.sidecar = sidecar;
        }

        @Override
        public void accept(Boolean wanted) {
            sidecar.samplesWanted(wanted);
            sidecar.awaitProbes(PROBE_PATIENCE_MILLIS);
        }
    }

    private static final class WhenStatisticsAreDue implements Runnable {
        private final Sidecar sidecar;

        WhenStatisticsAreDue(Sidecar sidecar) {
            this.sidecar = sidecar;
        }

        @Override
        public void run() {
            sidecar.requestStatistics();
        }
    }

    private static final class ToConsole implements Consumer<String> {
        @Override
        public void accept(String line) {
            Console.line(line);
        }
    }

    @Override
    public SamplingPipeline createPipeline(Sidecar sidecar) throws Exception {
        NativeLibrary.load();
        Optional<String> passedOver = NativeLibrary.passedOver();
        if (passedOver.isPresent()) {
            Console.line(passedOver.get());
        }
        SamplingEngine opened = Engines.open(options);
        try {
            return SamplingPipelineFactory.create(
                    options, changeable(options), instrumentation, opened, replay, errors, console);
        } catch (RuntimeException | LinkageError e) {
            opened.close();
            throw e;
        }
    }

    @Override
    public String describeFailure(Throwable failure) {
        boolean speaksForItself =
                failure instanceof EngineUnavailableException || failure instanceof NativeLibraryException;
        return speaksForItself ? String.valueOf(failure.getMessage()) : Console.describe(failure);
    }

    @Override
    public void tracing(String engine) {
        states.tracing(engine);
    }

    @Override
    public void resting(String engine) {
        states.resting(engine);
    }

    @Override
    public void probesAreLate() {
        Console.line("the probes were not ready within " + PROBE_PATIENCE_MILLIS / 1000
                + " s of the recording's start; allocations until then are missing");
    }

    @Override
    public void chunkEndedEarly() {
        Console.line("a part of the recording ended before all of its events could be written: leaks or allocations are"
                + " missing in it, as the machine is too busy");
    }

    @Override
    public void stopped(String why) {
        states.notTracing(why);
        Console.line("not tracing: " + why);
    }
}

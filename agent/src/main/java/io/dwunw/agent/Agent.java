// SPDX-License-Identifier: MIT
package io.dwunw.agent;

import java.lang.instrument.Instrumentation;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Takes the agent's argument from {@link AgentMain}, and starts a session, or changes the options of the one that runs
 * already. The answer says why that cannot be, null if it is done; to ask for it may take until tracing is ready, at
 * most some seconds. It has been printed, too.
 *
 * <p>Throws whatever goes wrong: {@link AgentMain} lets nothing out. Must not link against {@code jdk.jfr}; {@link
 * AgentSession} and {@link Untraced} do.
 */
final class Agent implements BiFunction<@Nullable String, Instrumentation, Supplier<@Nullable String>> {
    private static final String NOT_TRACING = "not tracing: ";
    private static final Known AS_WANTED = new Known(null);

    /** The session that was started; null before. */
    private AgentSession.@Nullable Running running;
    /** Of the session: what was written at its start, and since. */
    private String written = "";

    private AgentOptions inForce = AgentOptions.defaults();

    /** An answer that needs no waiting. */
    private static final class Known implements Supplier<@Nullable String> {
        private final @Nullable String failure;

        Known(@Nullable String failure) {
            this.failure = failure;
        }

        @Override
        public @Nullable String get() {
            return failure;
        }
    }

    @Override
    public synchronized Supplier<@Nullable String> apply(@Nullable String argument, Instrumentation instrumentation) {
        String text = argument == null ? "" : argument;
        AgentSession.Running session = running;
        try {
            AgentOptions options = AgentOptions.parse(text);
            return switch (options.request()) {
                case HELP -> {
                    Console.block(AgentOptions.HELP);
                    yield AS_WANTED;
                }
                case VERSION -> {
                    Console.line("version " + AgentMain.version());
                    yield AS_WANTED;
                }
                case TRACE -> session == null ? start(options, text, instrumentation) : change(session, text);
            };
        } catch (OptionException e) {
            String mistake = String.valueOf(e.getMessage());
            return session == null ? untraced(mistake, text) : unchanged(mistake);
        }
    }

    private Supplier<@Nullable String> start(AgentOptions options, String text, Instrumentation instrumentation) {
        Optional<String> missing = Preconditions.firstMissing();
        if (missing.isEmpty()) {
            missing = AgentSession.firstMissing(options);
        }
        if (missing.isPresent()) {
            return untraced(missing.get(), text);
        }
        try {
            AgentSession.Running session = AgentSession.start(options, instrumentation);
            running = session;
            inForce = options;
            written = text;
            return session;
        } catch (RuntimeException | LinkageError e) {
            return untraced(Console.describe(e), text);
        }
    }

    private Supplier<@Nullable String> change(AgentSession.Running session, String text) throws OptionException {
        String failure = session.now();
        if (failure != null) {
            return told(failure + "; this JVM cannot try it again");
        }
        String all = OptionText.merged(written, text);
        AgentOptions wanted = AgentOptions.parse(all);
        List<String> fixed = OptionText.fixedDifferences(inForce, wanted);
        if (!fixed.isEmpty()) {
            return unchanged(
                    "'" + String.join("', '", fixed) + "' cannot change in a running JVM, only interval, minage,"
                            + " maxoverhead, maxevents and report can");
        }
        if (wanted.equals(inForce)) {
            Console.line("already running in this JVM; in force: " + OptionText.of(inForce));
            return AS_WANTED;
        }
        session.change(wanted);
        inForce = wanted;
        written = all;
        Console.line("options changed; in force: " + OptionText.of(inForce));
        return AS_WANTED;
    }

    private Known unchanged(String why) {
        return told("nothing changed: " + why + "; in force: " + OptionText.of(inForce));
    }

    private static Known untraced(String why, String text) {
        if (Preconditions.hasFlightRecorder()) {
            Untraced.record(why, text);
        }
        return told(NOT_TRACING + why);
    }

    private static Known told(String failure) {
        Console.line(failure);
        return new Known(failure);
    }
}

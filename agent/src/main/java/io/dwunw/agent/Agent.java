// SPDX-License-Identifier: MIT
package io.dwunw.agent;

import java.lang.instrument.Instrumentation;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Takes the agent's argument from {@link AgentMain}, and starts a session unless one runs already. The answer says why
 * nothing is traced, null if it is or nothing was to be; to ask for it may take until tracing is ready, at most some
 * seconds. It has been printed, too.
 *
 * <p>Throws whatever goes wrong: {@link AgentMain} lets nothing out. Must not link against {@code jdk.jfr}; {@link
 * AgentSession} does.
 */
final class Agent implements BiFunction<@Nullable String, Instrumentation, Supplier<@Nullable String>> {
    private static final Known AS_WANTED = new Known(null);

    /** Of the session that was started; null before. */
    private AgentSession.@Nullable WhyNotTracing started;

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
    public Supplier<@Nullable String> apply(@Nullable String argument, Instrumentation instrumentation) {
        try {
            return start(AgentOptions.parse(argument), instrumentation);
        } catch (OptionException e) {
            return told("not tracing: " + e.getMessage());
        }
    }

    private Supplier<@Nullable String> start(AgentOptions options, Instrumentation instrumentation) {
        return switch (options.request()) {
            case HELP -> {
                Console.block(AgentOptions.HELP);
                yield AS_WANTED;
            }
            case VERSION -> {
                Console.line("version " + AgentMain.version());
                yield AS_WANTED;
            }
            case TRACE -> trace(options, instrumentation);
        };
    }

    private synchronized Supplier<@Nullable String> trace(AgentOptions options, Instrumentation instrumentation) {
        Optional<String> missing = Preconditions.firstMissing();
        if (missing.isPresent()) {
            return told(missing.get());
        }
        AgentSession.WhyNotTracing first = started;
        if (first == null) {
            Optional<String> unavailable = AgentSession.firstMissing(options);
            if (unavailable.isPresent()) {
                return told(unavailable.get());
            }
            started = AgentSession.start(options, instrumentation);
            return started;
        }
        String failure = first.now();
        if (failure != null) {
            return told(failure + "; this JVM cannot try it again");
        }
        Console.line("already running in this JVM; the options of the first start stay in force");
        return AS_WANTED;
    }

    private static Known told(String failure) {
        Console.line(failure);
        return new Known(failure);
    }
}

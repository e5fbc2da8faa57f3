package io.dwunw.agent;

import java.lang.instrument.Instrumentation;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What {@link AgentMain} lets in: takes the agent's argument, and starts its session unless one runs already.
 *
 * <p>Throws whatever goes wrong: {@link AgentMain} lets nothing out. Must not link against {@code jdk.jfr}; {@link
 * AgentSession} does.
 */
final class Agent implements BiConsumer<@Nullable String, Instrumentation> {
    private final AtomicBoolean started = new AtomicBoolean();

    @Override
    public void accept(@Nullable String argument, Instrumentation instrumentation) {
        try {
            start(AgentOptions.parse(argument), instrumentation);
        } catch (OptionException e) {
            Console.line("not tracing: " + e.getMessage());
        }
    }

    private void start(AgentOptions options, Instrumentation instrumentation) {
        switch (options.request()) {
            case HELP -> Console.block(AgentOptions.HELP);
            case VERSION -> Console.line("version " + AgentMain.version());
            case TRACE -> {
                Optional<String> missing = Preconditions.firstMissing();
                if (missing.isPresent()) {
                    Console.line(missing.get());
                } else if (started.compareAndSet(false, true)) {
                    AgentSession.start(options, instrumentation);
                } else {
                    Console.line("already running in this JVM; the options of the first start stay in force");
                }
            }
        }
    }
}

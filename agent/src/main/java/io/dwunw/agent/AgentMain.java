package io.dwunw.agent;

import java.lang.instrument.Instrumentation;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The doors into the agent: {@code -javaagent}, a later attach, and {@code java -jar}.
 *
 * <p>None lets anything escape: whatever goes wrong becomes one line on standard error, and the application runs on as
 * if there were no agent. Must not link against {@code jdk.jfr}; {@link AgentSession} does.
 */
public final class AgentMain {
    private static final AtomicBoolean STARTED = new AtomicBoolean();

    private AgentMain() {}

    /** Called before the application's {@code main} when the JVM is started with {@code -javaagent}. */
    public static void premain(@Nullable String argument, Instrumentation instrumentation) {
        enter(argument, instrumentation);
    }

    /** Called in a running JVM, as by {@code jcmd <pid> JVMTI.agent_load}. */
    public static void agentmain(@Nullable String argument, Instrumentation instrumentation) {
        enter(argument, instrumentation);
    }

    /** {@code java -jar dwunw-agent.jar [help|version]}. */
    public static void main(String[] arguments) {
        String command = arguments.length == 0 ? "help" : arguments[0].replaceFirst("^-{1,2}", "");
        switch (command) {
            case "help", "h" -> System.out.println(AgentOptions.HELP);
            case "version", "V" -> System.out.println("dwunw " + version());
            default -> {
                Console.line("unknown command '" + OptionValues.shown(command) + "'; did you mean '"
                        + OptionValues.nearest(command, "help", "version") + "'?");
                System.exit(2);
            }
        }
    }

    /** The version in the jar's manifest; "unknown" when the classes come from elsewhere. */
    static String version() {
        String version = AgentMain.class.getPackage().getImplementationVersion();
        return version == null ? "unknown" : version;
    }

    @SuppressWarnings("CatchingUnchecked")
    private static void enter(@Nullable String argument, Instrumentation instrumentation) {
        try {
            start(AgentOptions.parse(argument), instrumentation);
        } catch (OptionException e) {
            Console.line("not tracing: " + e.getMessage());
        } catch (Throwable e) {
            // The application must start whatever happens here, even when a class of ours cannot be linked.
            Console.line("not tracing: " + Console.describe(e));
        }
    }

    private static void start(AgentOptions options, Instrumentation instrumentation) {
        switch (options.request()) {
            case HELP -> Console.block(AgentOptions.HELP);
            case VERSION -> Console.line("version " + version());
            case TRACE -> {
                Optional<String> missing = Preconditions.firstMissing();
                if (missing.isPresent()) {
                    Console.line(missing.get());
                } else if (STARTED.compareAndSet(false, true)) {
                    AgentSession.start(options, instrumentation);
                } else {
                    Console.line("already running in this JVM; the options of the first start stay in force");
                }
            }
        }
    }
}

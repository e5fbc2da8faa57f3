package io.dwunw.agent;

import java.io.File;
import java.io.IOException;
import java.lang.instrument.Instrumentation;
import java.lang.reflect.Constructor;
import java.net.URISyntaxException;
import java.security.CodeSource;
import java.security.ProtectionDomain;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The doors into the agent: {@code -javaagent}, a later attach, and {@code java -jar}.
 *
 * <p>None lets anything escape: whatever goes wrong becomes one line on standard error, and the application runs on as
 * if there were no agent. The JVM loads this class with the application's loader; what is behind it, {@link AgentLoader}
 * loads.
 */
public final class AgentMain {
    private static final String BEHIND = "io.dwunw.agent.Agent";

    /** One for the JVM's whole life, however often it is attached. */
    private static final AtomicReference<@Nullable BiConsumer<@Nullable String, Instrumentation>> AGENT =
            new AtomicReference<>();

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
    public static String version() {
        String version = AgentMain.class.getPackage().getImplementationVersion();
        return version == null ? "unknown" : version;
    }

    @SuppressWarnings("CatchingUnchecked")
    private static void enter(@Nullable String argument, Instrumentation instrumentation) {
        try {
            agent(instrumentation).accept(argument, instrumentation);
        } catch (Throwable e) {
            // The application must start whatever happens here, even when a class of ours cannot be linked.
            Console.line("not tracing: " + Console.describe(e));
        }
    }

    private static synchronized BiConsumer<@Nullable String, Instrumentation> agent(Instrumentation instrumentation)
            throws ReflectiveOperationException {
        BiConsumer<@Nullable String, Instrumentation> agent = AGENT.get();
        if (agent == null) {
            agent = load(instrumentation);
            AGENT.set(agent);
        }
        return agent;
    }

    /**
     * By {@link AgentLoader}, or like this class where it does not come from the agent's jar: an application may have the
     * agent's parts in its class path, as tests of the agent do.
     */
    @SuppressWarnings("unchecked")
    private static BiConsumer<@Nullable String, Instrumentation> load(Instrumentation instrumentation)
            throws ReflectiveOperationException {
        ProtectionDomain domain = AgentMain.class.getProtectionDomain();
        CodeSource source = domain.getCodeSource();
        ClassLoader loader = AgentMain.class.getClassLoader();
        try {
            if (source != null && source.getLocation() != null) {
                loader = new AgentLoader(new File(source.getLocation().toURI()), domain, instrumentation);
            }
        } catch (IOException | URISyntaxException | IllegalArgumentException e) {
            // What the application's loader finds will do.
        }
        Constructor<?> constructor = Class.forName(BEHIND, true, loader).getDeclaredConstructor();
        constructor.setAccessible(true);
        return (BiConsumer<@Nullable String, Instrumentation>) constructor.newInstance();
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent;

import java.io.File;
import java.io.IOException;
import java.lang.instrument.Instrumentation;
import java.lang.reflect.Constructor;
import java.net.URISyntaxException;
import java.security.CodeSource;
import java.security.ProtectionDomain;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The doors into the agent: {@code -javaagent}, a later attach, and {@code java -jar}.
 *
 * <p>None lets anything escape into the application: whatever goes wrong becomes one line on standard error, and it
 * runs on as if there were no agent. Only who attaches the agent to a running JVM is answered with a failure, too. The
 * JVM loads this class with the application's loader; what is behind it, {@link AgentLoader} loads.
 */
public final class AgentMain {
    private static final String IMPLEMENTATION = "io.dwunw.agent.Agent";

    /** One for the JVM's whole life, however often it is attached. */
    private static final AtomicReference<
                    @Nullable BiFunction<@Nullable String, Instrumentation, Supplier<@Nullable String>>>
            AGENT = new AtomicReference<>();

    private AgentMain() {}

    /** Called before the application's {@code main} when the JVM is started with {@code -javaagent}. */
    public static void premain(@Nullable String argument, Instrumentation instrumentation) {
        enter(argument, instrumentation);
    }

    /**
     * Called in a running JVM, as by {@code jcmd <pid> JVMTI.agent_load}, by a thread that is not the application's.
     *
     * @throws IllegalStateException if nothing will be traced: the JVM then answers with the return code 102, and
     *     reports
     *     the exception on standard error. The application runs on
     */
    public static void agentmain(@Nullable String argument, Instrumentation instrumentation) {
        String failure = enter(argument, instrumentation).get();
        if (failure != null) {
            IllegalStateException answer = new IllegalStateException(failure);
            answer.setStackTrace(new StackTraceElement[0]);
            throw answer;
        }
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
    private static Supplier<@Nullable String> enter(@Nullable String argument, Instrumentation instrumentation) {
        try {
            return agent(instrumentation).apply(argument, instrumentation);
        } catch (Throwable e) {
            // The application must start whatever happens here, even when a class of ours cannot be linked.
            String failure = "not tracing: " + Console.describe(e);
            Console.line(failure);
            return new Failure(failure);
        }
    }

    private static final class Failure implements Supplier<@Nullable String> {
        private final String text;

        Failure(String text) {
            this.text = text;
        }

        @Override
        public String get() {
            return text;
        }
    }

    private static synchronized BiFunction<@Nullable String, Instrumentation, Supplier<@Nullable String>> agent(
            Instrumentation instrumentation) throws ReflectiveOperationException {
        BiFunction<@Nullable String, Instrumentation, Supplier<@Nullable String>> agent = AGENT.get();
        if (agent == null) {
            agent = load(instrumentation);
            AGENT.set(agent);
        }
        return agent;
    }

    /**
     * By {@link AgentLoader}, or like this class where it does not come from the agent's jar: an application may have
     * the agent's parts in its class path, as tests of the agent do.
     */
    @SuppressWarnings("unchecked")
    private static BiFunction<@Nullable String, Instrumentation, Supplier<@Nullable String>> load(
            Instrumentation instrumentation) throws ReflectiveOperationException {
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
        Constructor<?> constructor = Class.forName(IMPLEMENTATION, true, loader).getDeclaredConstructor();
        constructor.setAccessible(true);
        return (BiFunction<@Nullable String, Instrumentation, Supplier<@Nullable String>>) constructor.newInstance();
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import java.lang.instrument.Instrumentation;
import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.Set;
import javax.management.JMException;
import javax.management.ObjectName;
import jdk.jfr.FlightRecorder;
import org.jspecify.annotations.Nullable;

/**
 * Number of frames that JFR keeps of a stack: the innermost 64, unless an option says otherwise before the recorder
 * starts.
 *
 * <p>Later is too late: the JVM's stack buffers have the size that was in force when a thread got its buffer, but are
 * filled up to the current depth.
 */
public final class RecordingDepth {
    /** What JFR does by itself. */
    public static final int DEFAULT = 64;

    /** What JFR can do at most. */
    public static final int MAX = 2048;

    private RecordingDepth() {}

    /**
     * Raises the depth to {@code wanted}, unless the user has set a larger one or the recorder runs already. Other
     * options of the user stay as they are. Never throws.
     *
     * @param instrumentation lets this class into JFR's options, which takes 15 ms; without it, or where JFR's inside
     *     looks different, the JVM's diagnostic command does the same by way of JMX in 150 ms
     * @return the depth in force, for {@link StackReplay}
     */
    public static int raise(int wanted, @Nullable Instrumentation instrumentation) {
        int depth = Math.min(wanted, MAX);
        if (instrumentation != null) {
            try {
                return raise(depth, new InternalOptions(instrumentation));
            } catch (Exception | LinkageError e) {
                // Not a JDK that we know: the documented way remains.
            }
        }
        try {
            return raise(depth, new DiagnosticCommand());
        } catch (Exception | LinkageError e) {
            return DEFAULT;
        }
    }

    private static int raise(int wanted, Access access) throws Exception {
        int current = access.depth();
        if (current >= wanted || FlightRecorder.isInitialized()) {
            return current;
        }
        access.depth(wanted);
        return access.depth();
    }

    /** Throws anything: what is behind it is not ours, and there is always another way. */
    private interface Access {
        int depth() throws Exception;

        void depth(int frames) throws Exception;
    }

    /** {@code jdk.jfr.internal.Options}, where the command line's and the diagnostic command's options end up. */
    private static final class InternalOptions implements Access {
        private final Class<?> options;

        InternalOptions(Instrumentation instrumentation) throws ClassNotFoundException {
            Map<String, Set<Module>> exports = Map.of("jdk.jfr.internal", Set.of(RecordingDepth.class.getModule()));
            instrumentation.redefineModule(
                    FlightRecorder.class.getModule(), Set.of(), exports, Map.of(), Set.of(), Map.of());
            options = Class.forName("jdk.jfr.internal.Options");
        }

        @Override
        public int depth() throws ReflectiveOperationException {
            return (int) options.getMethod("getStackDepth").invoke(null);
        }

        @Override
        public void depth(int frames) throws ReflectiveOperationException {
            options.getMethod("setStackDepth", Integer.class).invoke(null, frames);
        }
    }

    /** {@code jcmd JFR.configure}, called from inside. Without arguments it prints the current values. */
    private static final class DiagnosticCommand implements Access {
        private static final String LABEL = "Stack depth: ";

        @Override
        public int depth() throws JMException {
            String configuration = configure();
            int start = configuration.indexOf(LABEL) + LABEL.length();
            int end = start;
            while (end < configuration.length() && Character.isDigit(configuration.charAt(end))) {
                end++;
            }
            return Integer.parseInt(configuration, start, end, 10);
        }

        @Override
        public void depth(int frames) throws JMException {
            configure("stackdepth=" + frames);
        }

        private static String configure(String... arguments) throws JMException {
            Object[] parameters = {arguments};
            String[] types = {String[].class.getName()};
            return (String) ManagementFactory.getPlatformMBeanServer()
                    .invoke(
                            new ObjectName("com.sun.management:type=DiagnosticCommand"),
                            "jfrConfigure",
                            parameters,
                            types);
        }
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import org.jspecify.annotations.Nullable;

/**
 * One thread's times in which JFR does not look at it: its samplers pass it over, and its waiting is no event. A thread
 * that sleeps in native code would otherwise be most of a quiet program's {@code jdk.NativeMethodSample}s.
 *
 * <p>JFR drops the thread's own events meanwhile, too. So {@link #end} is to be called before each. The thread itself
 * calls all methods. Where the JVM does not let us, nothing happens.
 */
public final class Unobserved {
    private static final String JVM = "jdk.jfr.internal.JVM";

    private @Nullable MethodHandle exclude;
    private @Nullable MethodHandle include;
    private boolean sought;
    private boolean excluded;

    /** From now on JFR passes the thread over. Does nothing before JFR has registered our events. */
    public void begin() {
        if (!excluded && WantedEvents.areRegistered() && found()) {
            excluded = call(exclude);
        }
    }

    /** From now on JFR sees the thread again. */
    public void end() {
        if (excluded) {
            excluded = !call(include);
        }
    }

    private boolean call(@Nullable MethodHandle method) {
        if (method == null) {
            return false;
        }
        try {
            method.invokeExact(Thread.currentThread());
            return true;
        } catch (Throwable t) {
            return false;
        }
    }

    private boolean found() {
        if (!sought) {
            sought = true;
            try {
                Class<?> jvm = Class.forName(JVM);
                MethodHandle hide = method(jvm, "exclude");
                include = method(jvm, "include");
                exclude = hide;
            } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
                // RecordingDepth was not let in, or not a JDK that we know: then JFR sees us sleep.
            }
        }
        return exclude != null;
    }

    /** Static since JDK 21; before that of the only instance. */
    private static MethodHandle method(Class<?> jvm, String name) throws ReflectiveOperationException {
        MethodType type = MethodType.methodType(void.class, Thread.class);
        MethodHandles.Lookup lookup = MethodHandles.lookup();
        try {
            return lookup.findStatic(jvm, name, type);
        } catch (NoSuchMethodException | IllegalAccessException e) {
            return lookup.findVirtual(jvm, name, type)
                    .bindTo(jvm.getMethod("getJVM").invoke(null));
        }
    }
}

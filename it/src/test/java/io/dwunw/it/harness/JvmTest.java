// SPDX-License-Identifier: MIT
package io.dwunw.it.harness;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.TestTemplate;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A test around a JVM of its own, once for every installed JDK (and engine, see {@link #everyEngine}). By its
 * parameter's type the method gets the JVM before it starts ({@link JvmCommand}), while it runs ({@link RunningJvm}),
 * or after it has ended as expected ({@link JvmOutcome}).
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@TestTemplate
@ExtendWith(JvmTestExtension.class)
public @interface JvmTest {
    /** Settings for {@link #recording()} that keep JFR's own events, and so its own allocations, out. */
    String ONLY_DWUNW = "settings=none,+dwunw.NativeAllocation#enabled=true,+dwunw.NativeFree#enabled=true,"
            + "+dwunw.NativeLeak#enabled=true,+dwunw.AgentStatistics#enabled=true";

    /** The program. */
    Class<?> main();

    String[] args() default {};

    /** The agent's options. */
    String agent() default "";

    /**
     * Whether to run with each engine in turn, added to the agent's options: the first on every JDK, the others on one
     * each, so that a class tries them all on all. Else with what the options say.
     */
    boolean everyEngine() default false;

    /** Whether the JVM starts with the agent. */
    boolean withAgent() default true;

    /** Options of the JVM. */
    String[] jvm() default {};

    /** Whether an option tells newer JVMs that the program may load its native library. */
    boolean nativeAccess() default true;

    /** Whether the JVM starts with a recording. */
    boolean record() default true;

    /** More options of the recording, after its file name. */
    String recording() default "";

    /** The expected exit code, where the method asks for a {@link JvmOutcome}. */
    int exit() default 0;

    /** What the machine must allow. */
    Need[] needs() default {Need.BPF};

    /** The oldest JDK that this is about. */
    int since() default 17;
}

// SPDX-License-Identifier: MIT
package io.dwunw.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.it.harness.JvmCommand;
import io.dwunw.it.harness.JvmOutcome;
import io.dwunw.it.harness.JvmTest;
import io.dwunw.it.program.DirectLimit;
import io.dwunw.it.program.Greeting;
import io.dwunw.it.program.OwnLibrary;

/** The application behaves the same, to the last byte of its output. */
final class TransparencyIT {
    @JvmTest(main = Greeting.class, nativeAccess = false)
    void endingByReturn(JvmCommand command) {
        assertSame(command.args("return"), 0);
    }

    @JvmTest(main = Greeting.class, nativeAccess = false)
    void endingByExit(JvmCommand command) {
        assertSame(command.args("exit", "7"), 7);
    }

    @JvmTest(main = Greeting.class, nativeAccess = false)
    void endingByAnException(JvmCommand command) {
        assertSame(command.args("throw"), 1);
    }

    @JvmTest(main = Greeting.class, nativeAccess = false)
    void anExceptionInAThread(JvmCommand command) {
        assertSame(command.args("throw-in-thread"), 0);
    }

    /** An agent without options wants no recording, no probe, and has nothing to say. */
    @JvmTest(main = Greeting.class, nativeAccess = false, record = false)
    void withoutARecording(JvmCommand command) {
        assertSame(command.args("exit", "3"), 3);
    }

    @JvmTest(main = Greeting.class, nativeAccess = false)
    void everyAllocationOfTheJvmSampled(JvmCommand command) {
        assertSame(command.args("return").agent("interval=1"), 0);
    }

    @JvmTest(main = Greeting.class, nativeAccess = false)
    void nativeAccessDenied(JvmCommand command) {
        JvmCommand strict = command.jdk().feature() >= 24 ? command.jvm("--illegal-native-access=deny") : command;
        assertSame(strict.args("return"), 0);
    }

    /** What the agent is granted for its own native code must not be granted to the application's. */
    @JvmTest(main = OwnLibrary.class, nativeAccess = false, since = 24)
    void nativeAccessOfTheApplicationIsReportedAndDenied(JvmCommand command) {
        JvmCommand denied = command.as("denied").jvm("--illegal-native-access=deny");
        assertSame(denied, 0);
        assertThat(denied.run().value("refused")).contains("IllegalCallerException");
        assertSame(command, 0);
        assertThat(command.run().err()).anyMatch(line -> line.contains("System::load has been called"));
    }

    /** What the agent needs outside of the Java heap must not come out of the application's share. */
    @JvmTest(main = DirectLimit.class, jvm = "-XX:MaxDirectMemorySize=4m", everyEngine = true)
    void theApplicationHasAllOfItsDirectMemory(JvmCommand command) {
        JvmOutcome plain =
                command.as("plain").withoutAgent().args("false").run().expectExit(0);
        JvmOutcome traced = command.args("true").run().expectExit(0);
        // JFR takes a share by itself on some JDKs.
        assertThat(plain.value("buffers")).isIn("3", "4");
        assertThat(traced.out()).isEqualTo(plain.out());
    }

    /** Standard error of a plain run is the program's alone, so equality also means that no JVM warns of the agent. */
    private static void assertSame(JvmCommand command, int exitCode) {
        JvmOutcome plain = command.as("plain").withoutAgent().run();
        JvmOutcome traced = command.run();
        assertThat(plain.exitCode()).isEqualTo(exitCode);
        assertThat(traced.exitCode()).as("%s", traced).isEqualTo(exitCode);
        assertThat(traced.out()).isEqualTo(plain.out()).isNotEmpty();
        assertThat(traced.err()).isEqualTo(plain.err());
    }
}

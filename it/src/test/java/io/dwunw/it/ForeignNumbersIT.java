// SPDX-License-Identifier: MIT
package io.dwunw.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.it.harness.JvmCommand;
import io.dwunw.it.harness.JvmOutcome;
import io.dwunw.it.harness.JvmTest;
import io.dwunw.it.harness.Need;
import io.dwunw.it.harness.Project;
import io.dwunw.it.program.UnsafeLeak;
import java.io.IOException;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;

/** Stacks with compiled code are whole, also where the kernel does not tell how long a thread of the JVM has run. */
final class ForeignNumbersIT {
    private static final String CLOCK_GETTIME = "228";

    @JvmTest(
            main = UnsafeLeak.class,
            args = {"100", "200"},
            agent = "engine=hooks-self,maxoverhead=off,interval=4k",
            recording = JvmTest.ONLY_DWUNW,
            jvm = {"-Xcomp", "-XX:CompileCommand=quiet", "-XX:CompileCommand=compileonly,io.dwunw.it.program.*::*"},
            needs = Need.SETPRIV)
    void inAPidNamespaceWithTheProcOfAnother(JvmCommand command) throws IOException {
        assertWhole(command.prefix("unshare", "--pid", "--fork", "--kill-child"));
    }

    @JvmTest(
            main = UnsafeLeak.class,
            args = {"100", "200"},
            agent = "engine=hooks-self,maxoverhead=off,interval=4k",
            recording = JvmTest.ONLY_DWUNW,
            jvm = {"-Xcomp", "-XX:CompileCommand=quiet", "-XX:CompileCommand=compileonly,io.dwunw.it.program.*::*"},
            needs = {})
    void whereAFilterRefusesCpuTimes(JvmCommand command) throws IOException {
        String refuse = Project.nativeLibraries().resolve("refuse").toString();
        assertWhole(command.prefix(refuse, "errno=" + CLOCK_GETTIME, "--"));
    }

    private static void assertWhole(JvmCommand command) throws IOException {
        JvmOutcome jvm = command.run().expectExit(0);
        long complete = 0;
        String walks = "";
        for (RecordedEvent event : RecordingFile.readAllEvents(jvm.recording())) {
            if (event.getEventType().getName().equals("dwunw.AgentStatistics")) {
                complete = event.getLong("completeWalks");
                walks = event.getString("walks");
            }
        }
        assertThat(complete).as(walks).isGreaterThan(100);
        assertThat(walks).doesNotContain("does not fit the stack");
    }
}

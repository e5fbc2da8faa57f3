// SPDX-License-Identifier: MIT
package io.dwunw.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.it.harness.Jdk;
import io.dwunw.it.harness.JvmCommand;
import io.dwunw.it.harness.JvmOutcome;
import io.dwunw.it.harness.JvmTest;
import io.dwunw.it.harness.Project;
import io.dwunw.it.harness.Tool;
import io.dwunw.it.program.Greeting;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Tests what the agent says to its options, and that the application does not care. */
final class OptionsIT {
    @JvmTest(
            main = Greeting.class,
            args = "return",
            record = false,
            nativeAccess = false,
            needs = {})
    void aWrongOptionIsOneLineThatNamesTheRightOne(JvmCommand command) {
        for (Map.Entry<String, String> wrong : Map.of(
                        "intervall=1", "interval",
                        "minag=1s", "minage",
                        "stak=8k", "stack",
                        "engien=uprobe", "engine")
                .entrySet()) {
            JvmOutcome outcome = untraced(command, wrong.getKey());
            assertThat(outcome.err()).as(wrong.getKey()).hasSize(1);
            assertThat(outcome.err().get(0)).startsWith("dwunw: ").contains("'" + wrong.getValue() + "'");
        }
    }

    @JvmTest(
            main = Greeting.class,
            args = "return",
            record = false,
            nativeAccess = false,
            needs = {})
    void aWrongValueIsOneLineThatNamesTheKey(JvmCommand command) {
        for (String wrong : List.of(
                "interval=0", "interval=x", "engine=diesel", "stack=1g", "minage=-1s", "report=often", "help=1")) {
            JvmOutcome outcome = untraced(command, wrong);
            assertThat(outcome.err()).as(wrong).hasSize(1);
            assertThat(outcome.err().get(0))
                    .startsWith("dwunw: ")
                    .contains("'" + wrong.substring(0, wrong.indexOf('=')) + "'");
        }
    }

    @JvmTest(
            main = Greeting.class,
            args = "return",
            record = false,
            nativeAccess = false,
            needs = {})
    void helpNamesEveryOption(JvmCommand command) {
        JvmOutcome outcome = untraced(command, "help");
        assertThat(String.join("\n", outcome.err()))
                .contains(
                        "interval=",
                        "engine=",
                        "stack=",
                        "depth=",
                        "minage=",
                        "report=",
                        "version",
                        "dwunw.NativeLeak");
    }

    @JvmTest(
            main = Greeting.class,
            args = "return",
            record = false,
            nativeAccess = false,
            needs = {})
    void versionIsOneLine(JvmCommand command) {
        JvmOutcome outcome = untraced(command, "version");
        assertThat(outcome.err()).hasSize(1);
        assertThat(outcome.err().get(0)).matches("dwunw: version \\d+\\.\\d+.*");
    }

    @Test
    void theJarPrintsItsHelpByItself() {
        Tool.Result result = Tool.command(
                Map.of(),
                Jdk.current().tool("java").toString(),
                "-jar",
                Project.agentJar().toString(),
                "--help");
        assertThat(result.exitCode()).isZero();
        assertThat(result.output()).contains("-javaagent:dwunw-agent.jar", "interval=");
    }

    /** Runs with these options; output and exit code must be what they are without the agent. */
    private static JvmOutcome untraced(JvmCommand command, String options) {
        JvmOutcome plain = command.as("plain").withoutAgent().run();
        JvmOutcome outcome = command.agent(options).run();
        assertThat(outcome.exitCode()).isEqualTo(plain.exitCode()).isZero();
        assertThat(outcome.out()).isEqualTo(plain.out()).isNotEmpty();
        return outcome;
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.it.harness.JvmCommand;
import io.dwunw.it.harness.JvmOutcome;
import io.dwunw.it.harness.JvmTest;
import io.dwunw.it.harness.Need;
import io.dwunw.it.harness.PublicCopy;
import io.dwunw.it.program.UnsafeLeak;
import io.dwunw.it.recording.AgentEvent;
import io.dwunw.it.recording.ConsumerReader;
import java.io.IOException;
import java.util.List;

/** Without an option the best engine is taken that the process may have, without a word; the statistics say which. */
final class ChosenEngineIT {
    @JvmTest(
            main = UnsafeLeak.class,
            args = {"10", "300"},
            recording = JvmTest.ONLY_DWUNW)
    void theHooksWithBpfWhereThatMayBe(JvmOutcome jvm) throws IOException {
        assertEngine(jvm, "hooks, BPF (");
    }

    @JvmTest(
            main = UnsafeLeak.class,
            args = {"10", "300"},
            recording = JvmTest.ONLY_DWUNW,
            needs = Need.SETPRIV)
    void theHooksByThemselvesWithoutPrivileges(JvmCommand command) throws IOException {
        try (PublicCopy copy = PublicCopy.of(command)) {
            JvmCommand nobody = copy.command()
                    .prefix("setpriv", "--reuid", "65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all");
            assertEngine(nobody.run().expectExit(0), "hooks, self-capture");
        }
    }

    private static void assertEngine(JvmOutcome jvm, String start) throws IOException {
        assertThat(jvm.err()).noneMatch(line -> line.startsWith("dwunw: "));
        List<AgentEvent> statistics = new ConsumerReader().read(jvm.recording(), AgentEvent.STATISTICS);
        assertThat(statistics)
                .isNotEmpty()
                .allSatisfy(event -> assertThat(event.text("engine")).startsWith(start));
    }
}

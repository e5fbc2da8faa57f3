// SPDX-License-Identifier: MIT
package io.dwunw.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.it.harness.JvmCommand;
import io.dwunw.it.harness.JvmOutcome;
import io.dwunw.it.harness.JvmTest;
import io.dwunw.it.harness.Need;
import io.dwunw.it.harness.PublicCopy;
import io.dwunw.it.program.Greeting;
import java.io.IOException;

/** As a user who may not load BPF programs. */
final class WithoutPrivilegesIT {
    private static final String[] NOBODY = {
        "setpriv", "--reuid", "65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"
    };

    @JvmTest(
            main = Greeting.class,
            args = {"exit", "4"},
            agent = "engine=uprobe",
            nativeAccess = false,
            needs = Need.SETPRIV)
    void theApplicationRunsAndOneLineSaysWhatIsMissing(JvmCommand command) throws IOException {
        try (PublicCopy copy = PublicCopy.of(command)) {
            JvmCommand unprivileged = copy.command().prefix(NOBODY);
            JvmOutcome plain = unprivileged.withoutAgent().run();
            JvmOutcome traced = unprivileged.run();
            assertThat(plain.exitCode()).as("%s", plain).isEqualTo(4);
            assertThat(traced.exitCode()).as("%s", traced).isEqualTo(4);
            assertThat(traced.out()).isEqualTo(plain.out()).isNotEmpty();
            assertThat(plain.err()).isEmpty();
            assertThat(traced.err()).hasSize(1);
            assertThat(traced.err().get(0)).startsWith("dwunw: ").containsAnyOf("CAP_BPF", "root");
        }
    }

    /** With the default engine too: one line at most, whatever engine is then chosen. */
    @JvmTest(
            main = Greeting.class,
            args = {"exit", "4"},
            nativeAccess = false,
            needs = Need.SETPRIV)
    void theDefaultEngineLeavesTheApplicationAlone(JvmCommand command) throws IOException {
        try (PublicCopy copy = PublicCopy.of(command)) {
            JvmCommand unprivileged = copy.command().prefix(NOBODY);
            JvmOutcome plain = unprivileged.withoutAgent().run();
            JvmOutcome traced = unprivileged.run();
            assertThat(traced.exitCode()).as("%s", traced).isEqualTo(4);
            assertThat(traced.out()).isEqualTo(plain.out()).isNotEmpty();
            assertThat(traced.err()).hasSizeLessThanOrEqualTo(1).allMatch(line -> line.startsWith("dwunw: "));
        }
    }
}

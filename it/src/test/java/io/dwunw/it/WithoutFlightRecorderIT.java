// SPDX-License-Identifier: MIT
package io.dwunw.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.dwunw.it.harness.JvmCommand;
import io.dwunw.it.harness.JvmOutcome;
import io.dwunw.it.harness.JvmTest;
import io.dwunw.it.harness.Tool;
import io.dwunw.it.program.Greeting;
import java.nio.file.Path;

/** In an image that has no {@code jdk.jfr}. */
final class WithoutFlightRecorderIT {
    @JvmTest(
            main = Greeting.class,
            args = {"exit", "6"},
            record = false,
            nativeAccess = false,
            needs = {})
    void oneLineSaysWhatIsMissing(JvmCommand command) {
        assumeFalse(command.jdk().isUnpacked(), "this JDK runs only where it was unpacked");
        Path image = command.directory().resolve("image");
        Tool.run(command.jdk(), "jlink", "--add-modules", "java.base,java.instrument", "--output", image.toString());
        JvmCommand small = command.java(image.resolve("bin/java"));
        JvmOutcome plain = small.as("plain").withoutAgent().run();
        JvmOutcome traced = small.run();
        assertThat(plain.exitCode()).as("%s", plain).isEqualTo(6);
        assertThat(traced.exitCode()).as("%s", traced).isEqualTo(6);
        assertThat(traced.out()).isEqualTo(plain.out()).isNotEmpty();
        assertThat(traced.err()).hasSize(1);
        assertThat(traced.err().get(0)).startsWith("dwunw: ").contains("jdk.jfr");
    }
}

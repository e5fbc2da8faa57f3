// SPDX-License-Identifier: MIT
package io.dwunw.agent.truth;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.agent.truth.ChildJvm.Outcome;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The JVM tells of a class whether it was replaced, in a field that its tables do not state: with and without archived
 * classes.
 */
final class VersionsTest {
    @TempDir
    private static Path directory;

    static IntStream features() {
        return WalkTruthTest.features();
    }

    @ParameterizedTest(name = "JDK {0}")
    @MethodSource("features")
    void knowsReplacedClasses(int feature) throws Exception {
        Path home = ChildJvm.requireHome(feature);
        Path agent = ChildJvm.buildAgent(directory);
        for (String archive : List.of("-Xshare:auto", "-Xshare:off")) {
            List<String> flags = new ArrayList<>(
                    List.of("-javaagent:" + agent, "--add-opens=java.base/java.lang=ALL-UNNAMED", archive));
            if (feature >= 21) {
                flags.add("--enable-native-access=ALL-UNNAMED");
            }
            Outcome outcome =
                    ChildJvm.run(home, flags, ChildJvm.classPath(), VersionsProgram.class.getName(), List.of());

            assertThat(outcome.exitCode()).as(outcome.output()).isZero();
            assertThat(outcome.output().lines().filter(line -> line.matches("\\w+ (original|replaced)")))
                    .as(outcome.output())
                    .containsExactly(
                            "plain original",
                            "clear original",
                            "parkNanos original",
                            "plain replaced",
                            "clear replaced",
                            "parkNanos original",
                            "plain replaced",
                            "clear replaced",
                            "parkNanos original");
        }
    }
}

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
 * Walks the stacks of a JVM in which nothing lasts, see {@link StressProgram}: no crash, no hang, no wrong frame. Half
 * a minute for each JDK; with the system property {@code dwunw.stress.seconds}, as in the profile {@code stress}, so
 * long.
 */
final class StressTest {
    private static final int SECONDS = Integer.getInteger("dwunw.stress.seconds", 30);
    private static final String SEED = "1";
    /** Some hundred a second on a machine of its own; a busy one takes what it can. */
    private static final long MIN_COMPARED = 100;

    /** What happens when a class is unloaded just then, or a stack is cut, is said by its state, but must be rare. */
    private static final double MIN_WALKED_TO_THE_END = 0.99;

    @TempDir
    private static Path directory;

    static IntStream features() {
        return WalkTruthTest.features();
    }

    @ParameterizedTest(name = "JDK {0}")
    @MethodSource("features")
    void survivesWhereNothingLasts(int feature) throws Exception {
        Path home = ChildJvm.requireHome(feature);
        Path library = ChildJvm.buildLibrary(directory);
        List<String> flags = new ArrayList<>(List.of(
                "-javaagent:" + ChildJvm.buildAgent(directory),
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                "-XX:ReservedCodeCacheSize=5m",
                "-Xmx256m"));
        List<String> arguments = new ArrayList<>(List.of(library.toString(), Integer.toString(SECONDS), SEED));
        String path = ChildJvm.classPath();
        if (feature >= 21) {
            flags.add("--enable-native-access=ALL-UNNAMED");
            arguments.add(VirtualSteps.class.getName());
        }
        Outcome outcome = ChildJvm.run(home, flags, path, StressProgram.class.getName(), arguments, SECONDS + 120);
        System.out.println("STRESS JDK " + feature + " " + outcome.summary());
        assertThat(outcome.exitCode()).as(outcome.output()).isZero();
        assertThat(outcome.count("compared")).as(outcome.output()).isGreaterThan(MIN_COMPARED);
        assertThat(outcome.count("wrong")).as(outcome.output()).isZero();
        // Of a machine that is too busy to walk a stack before its code is gone nothing is asked.
        long toTheEnd = outcome.count("freshComplete") + outcome.count("freshFrozen") + outcome.count("freshGone");
        assertThat((double) toTheEnd)
                .as(outcome.output())
                .isGreaterThanOrEqualTo(outcome.count("fresh") * MIN_WALKED_TO_THE_END);
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.it.harness.JvmCommand;
import io.dwunw.it.harness.JvmOutcome;
import io.dwunw.it.harness.JvmTest;
import io.dwunw.it.program.ManyBlocks;
import io.dwunw.it.program.ManyStacks;
import io.dwunw.it.recording.AgentEvent;
import io.dwunw.it.recording.ConsumerReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import javax.tools.ToolProvider;

/** Tests that the agent leaves memory to the application where it is short. */
final class ShortMemoryIT {
    private static final int CLASSES = 16;
    private static final int METHODS = 16;
    private static final int CALLS = 12;

    private static final String BLOCKS = "500";
    private static final String TEXT_ONLY = "···.stack in the text field ···";

    @JvmTest(
            main = ManyStacks.class,
            agent = "engine=hooks-self,interval=1k,maxoverhead=off,maxevents=off",
            recording = JvmTest.ONLY_DWUNW,
            jvm = {"-XX:MaxMetaspaceSize=10m", "-XX:CompressedClassSpaceSize=1m", "-XX:+ExitOnOutOfMemoryError"},
            needs = {})
    void theClassesOfManyStacksLeaveRoomInASmallMetaspace(JvmCommand command) throws IOException {
        JvmOutcome jvm = command.args(walks(command.directory()), BLOCKS).run().expectExit(0);
        assertThat(jvm.err()).noneMatch(line -> line.contains("internal error"));
        List<AgentEvent> statistics = new ConsumerReader().read(jvm.recording(), AgentEvent.STATISTICS);
        AgentEvent last = statistics.get(statistics.size() - 1);
        assertThat(last.number("textOnlyEvents")).isPositive();
        assertThat(last.number("replayClasses")).isPositive();
        assertThat(last.number("replayMetaspace")).isBetween(100_000L, 5_000_000L);
        assertThat(last.number("internalErrors")).isZero();
        List<AgentEvent> textOnly = new ConsumerReader()
                .read(jvm.recording(), AgentEvent.ALLOCATION).stream()
                        .filter(event -> event.names().get(0).equals(TEXT_ONLY))
                        .toList();
        assertThat(textOnly).isNotEmpty().allSatisfy(event -> {
            assertThat(event.stack()).hasSize(3);
            assertThat(event.text("frames")).contains("\n");
        });
    }

    @JvmTest(
            main = ManyBlocks.class,
            args = "160000",
            agent = "engine=hooks-self,interval=1,maxoverhead=off",
            recording = "settings=none,+dwunw.NativeLeak#enabled=true,+dwunw.AgentStatistics#enabled=true",
            jvm = {"-Xmx24m", "-XX:+ExitOnOutOfMemoryError"},
            needs = {})
    void theTableOfLiveBlocksLeavesRoomInASmallHeap(JvmOutcome jvm) throws IOException {
        List<AgentEvent> statistics = new ConsumerReader().read(jvm.recording(), AgentEvent.STATISTICS);
        AgentEvent last = statistics.get(statistics.size() - 1);
        assertThat(last.number("untrackedBlocks")).isPositive();
        assertThat(last.number("liveBlocks")).isBetween(10_000L, 30_000L);
        assertThat(last.number("internalErrors")).isZero();
    }

    /** Classes whose methods call each other from {@link #CALLS} lines each; where they are. */
    private static String walks(Path directory) throws IOException {
        Path source = directory.resolve(ManyStacks.ENTRY + ".java");
        Files.writeString(source, source());
        int result = ToolProvider.getSystemJavaCompiler()
                .run(null, null, null, "--release", "17", "-d", directory.toString(), source.toString());
        assertThat(result).as("javac").isZero();
        return directory.toString();
    }

    private static String source() {
        Random random = new Random(7);
        String parameters = "(int depth, java.util.Random random, Runnable leaf)";
        StringBuilder text = new StringBuilder("public class " + ManyStacks.ENTRY + " {\n");
        text.append("public static void start" + parameters + " { C0.m00(depth, random, leaf); }\n}\n");
        for (int type = 0; type < CLASSES; type++) {
            text.append("class C" + type + " {\n");
            for (int method = 0; method < METHODS; method++) {
                text.append("static void m" + type * METHODS + method + parameters + " {\n");
                text.append("if (depth == 0) { leaf.run(); return; }\n");
                text.append("switch (random.nextInt(" + CALLS + ")) {\n");
                for (int call = 0; call < CALLS; call++) {
                    int callee = random.nextInt(CLASSES);
                    text.append("case " + call + ": C" + callee + ".m" + callee * METHODS + random.nextInt(METHODS)
                            + "(depth - 1, random, leaf); break;\n");
                }
                text.append("default: break;\n}\n}\n");
            }
            text.append("}\n");
        }
        return text.toString();
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertAll;

import io.dwunw.it.harness.JvmOutcome;
import io.dwunw.it.harness.JvmTest;
import io.dwunw.it.program.VirtualBlocks;
import io.dwunw.it.recording.AgentEvent;
import io.dwunw.it.recording.ConsumerReader;
import io.dwunw.it.recording.StackPattern;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Virtual threads: all frames where they are on the carrier's stack, and an honest gap where some are in the heap. */
final class VirtualThreadsIT {
    private static final String PROGRAM = "io.dwunw.it.program.VirtualBlocks$";
    private static final String OPTIONS = "maxoverhead=off,maxevents=off,interval=2k,stack=64k,engine=";
    private static final String FROZEN = "incomplete: older frames of the virtual thread are in the Java heap";

    @JvmTest(main = VirtualBlocks.class, agent = OPTIONS + "uprobe", recording = JvmTest.ONLY_DWUNW, since = 21)
    void withKernelProbes(JvmOutcome jvm) throws IOException {
        assertBoth(jvm);
    }

    @JvmTest(
            main = VirtualBlocks.class,
            agent = OPTIONS + "hooks",
            recording = JvmTest.ONLY_DWUNW,
            needs = {},
            since = 21)
    void withTheHooks(JvmOutcome jvm) throws IOException {
        assertBoth(jvm);
    }

    private static void assertBoth(JvmOutcome jvm) throws IOException {
        List<AgentEvent> all = new ConsumerReader().read(jvm.recording(), AgentEvent.ALLOCATION);
        List<AgentEvent> statistics = new ConsumerReader().read(jvm.recording(), AgentEvent.STATISTICS);
        assertAll(
                () -> mounted(all, jvm), () -> thawed(all, jvm), () -> counted(statistics.get(statistics.size() - 1)));
    }

    private static void mounted(List<AgentEvent> all, JvmOutcome jvm) {
        AgentEvent event = only(all, VirtualBlocks.MOUNTED_SIZE);
        carrier(layers().then(PROGRAM + "Mounted.run", "java.lang.VirtualThread.run"))
                .assertMatches(event);
        assertCarrier(event, jvm.value("mounted"));
    }

    /** How many frames the JVM brings back at once is its own affair: never all, and never none. */
    private static void thawed(List<AgentEvent> all, JvmOutcome jvm) {
        AgentEvent event = only(all, VirtualBlocks.THAWED_SIZE);
        String thawed = PROGRAM + "Thawed.";
        carrier(layers().thenInnermostOf(
                                thawed + "inner",
                                thawed + "middle",
                                thawed + "outer",
                                thawed + "run",
                                "java.lang.VirtualThread.run")
                        .then("···.older frames of the virtual thread ···"))
                .assertMatches(event, FROZEN);
        assertThat(event.text("frames")).contains("\n··· older frames of the virtual thread ···\n");
        assertCarrier(event, jvm.value("thawed"));
    }

    /** A stack that lacks frames does not count as complete. */
    private static void counted(AgentEvent statistics) {
        String walks = statistics.text("walks");
        assertThat(statistics.number("completeWalks")).as(walks).isEqualTo(count(walks, "complete"));
        assertThat(count(walks, FROZEN)).as(walks).isPositive();
        long others = Arrays.stream(walks.split("\n"))
                .filter(line -> !line.endsWith(" complete"))
                .mapToLong(line -> Long.parseLong(line.substring(0, line.indexOf(' '))))
                .sum();
        assertThat(statistics.number("truncatedWalks")).as(walks).isEqualTo(others);
    }

    private static long count(String walks, String state) {
        Matcher line = Pattern.compile("^(\\d+) " + Pattern.quote(state) + "$", Pattern.MULTILINE)
                .matcher(walks);
        return line.find() ? Long.parseLong(line.group(1)) : 0;
    }

    private static StackPattern layers() {
        return StackPattern.from(
                        "libc.malloc",
                        "libdwunwit.c_leaf",
                        "libdwunwit.dwunwit_c_middle",
                        "libdwunwit.dwunwit_c_layers",
                        "libdwunwit.Java_io_dwunw_it_program_NativeBlocks_cLayers")
                .then("io.dwunw.it.program.NativeBlocks.cLayers");
    }

    /** From where the virtual thread begins to where its carrier does. */
    private static StackPattern carrier(StackPattern virtual) {
        return virtual.then("jdk.internal.vm.Continuation.enterSpecial", "jdk.internal.vm.Continuation.run")
                .then("java.lang.VirtualThread.runContinuation")
                .thenSomeOf(
                        "java.util.concurrent.ForkJoinTask",
                        "java.util.concurrent.ForkJoinTask$RunnableExecuteAction",
                        "java.util.concurrent.ForkJoinTask$AdaptedRunnableAction",
                        "java.util.concurrent.ForkJoinTask$InterruptibleTask",
                        "java.util.concurrent.ForkJoinPool",
                        "java.util.concurrent.ForkJoinPool$WorkQueue")
                .then("java.util.concurrent.ForkJoinWorkerThread.run")
                .thenStartOfJavaThread();
    }

    private static void assertCarrier(AgentEvent event, String osThread) {
        assertThat(event.text("allocatingThread")).startsWith("ForkJoinPool-1-worker-");
        assertThat(event.number("osThreadId")).isEqualTo(Long.parseLong(osThread));
    }

    private static AgentEvent only(List<AgentEvent> all, long size) {
        List<AgentEvent> found =
                all.stream().filter(event -> event.number("size") == size).toList();
        assertThat(found).hasSize(1);
        return found.get(0);
    }
}

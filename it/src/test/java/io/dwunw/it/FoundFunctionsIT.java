// SPDX-License-Identifier: MIT
package io.dwunw.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.it.harness.JvmCommand;
import io.dwunw.it.harness.JvmOutcome;
import io.dwunw.it.harness.JvmTest;
import io.dwunw.it.program.FoundFunctions;
import io.dwunw.it.recording.AgentEvent;
import io.dwunw.it.recording.ConsumerReader;
import io.dwunw.it.recording.Leaks;
import java.io.IOException;
import java.util.List;

/**
 * Allocations by functions that were looked up by name, which no import slot leads to: they are seen, or reported as
 * unseen.
 */
final class FoundFunctionsIT {
    private static final int BLOCKS = 400;
    private static final String ARGUMENTS = "400";
    private static final String EXACT = "interval=1,minage=0ms,stack=16k,engine=hooks-self";
    /** What HotSpot puts around a block of its own, at most. */
    private static final int HEADER = 64;

    private static final long SMALL_BLOCKS = 4;

    @JvmTest(
            main = FoundFunctions.class,
            args = {"foreign", ARGUMENTS, "10"},
            agent = EXACT,
            recording = JvmTest.ONLY_DWUNW,
            since = 22,
            needs = {})
    void foreignFunctionsAreSeen(JvmOutcome jvm) throws IOException {
        assertSeen(jvm, "byForeignFunctions");
    }

    @JvmTest(
            main = FoundFunctions.class,
            args = {"jna", ARGUMENTS, "10"},
            agent = EXACT,
            recording = JvmTest.ONLY_DWUNW,
            needs = {})
    void jnaIsSeen(JvmCommand command) throws IOException {
        assertSeen(command.withLibraries().run().expectExit(0), "byJna");
    }

    @JvmTest(
            main = FoundFunctions.class,
            args = {"netty", ARGUMENTS, "10"},
            agent = EXACT,
            recording = JvmTest.ONLY_DWUNW,
            needs = {})
    void nettyIsSeen(JvmCommand command) throws IOException {
        assertSeen(command.withLibraries().run().expectExit(0), "byNetty");
    }

    private static void assertSeen(JvmOutcome jvm, String method) throws IOException {
        // A library may have taken a few small blocks in the same place.
        List<AgentEvent> leaks = Leaks.atEnd(jvm.recording(), method).stream()
                .filter(leak ->
                        leak.number("outstanding") / leak.number("outstandingBlocks") >= FoundFunctions.SIZE * 9 / 10)
                .toList();
        assertThat(Leaks.sum(leaks, "outstandingBlocks")).isBetween((long) BLOCKS, BLOCKS + SMALL_BLOCKS);
        assertThat(Leaks.sum(leaks, "outstanding"))
                .isBetween(
                        (long) BLOCKS * FoundFunctions.SIZE,
                        BLOCKS * (FoundFunctions.SIZE + HEADER) + SMALL_BLOCKS * (FoundFunctions.SIZE / 2L));
        assertThat(mostUnseen(jvm)).isZero();
        assertThat(jvm.err()).noneMatch(line -> line.startsWith("dwunw: "));
    }

    @JvmTest(
            main = FoundFunctions.class,
            args = {"next", ARGUMENTS, "10"},
            agent = "interval=64k,engine=hooks-self",
            recording = JvmTest.ONLY_DWUNW,
            needs = {})
    void whatGoesByIsTold(JvmOutcome jvm) throws IOException {
        long truth = (long) BLOCKS * FoundFunctions.SIZE;
        assertThat(Leaks.atEnd(jvm.recording(), "byNext")).isEmpty();
        assertThat(mostUnseen(jvm)).isBetween(truth * 8 / 10, truth * 12 / 10);
        assertThat(jvm.err().stream().filter(line -> line.startsWith("dwunw: ")))
                .hasSize(1)
                .allMatch(line -> line.contains("past the in-process hooks") && line.contains("engine=uprobe"));
    }

    private static long mostUnseen(JvmOutcome jvm) throws IOException {
        return new ConsumerReader()
                .read(jvm.recording(), AgentEvent.STATISTICS).stream()
                        .mapToLong(event -> event.number("unseenBytes"))
                        .max()
                        .orElseThrow();
    }
}

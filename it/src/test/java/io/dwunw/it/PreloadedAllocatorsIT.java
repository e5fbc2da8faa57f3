// SPDX-License-Identifier: MIT
package io.dwunw.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.dwunw.it.harness.JvmCommand;
import io.dwunw.it.harness.JvmOutcome;
import io.dwunw.it.harness.JvmTest;
import io.dwunw.it.program.UnsafeLeak;
import io.dwunw.it.recording.AgentEvent;
import io.dwunw.it.recording.ConsumerReader;
import io.dwunw.it.recording.Leaks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Allocators that take libc's place by {@code LD_PRELOAD}, where installed: the hooks stand in front of them. */
final class PreloadedAllocatorsIT {
    private static final int BLOCKS = 40;
    private static final String BLOCKS_TEXT = "" + BLOCKS;

    @JvmTest(
            main = UnsafeLeak.class,
            args = {BLOCKS_TEXT, "300"},
            agent = "engine=hooks,interval=1,minage=1ms,stack=16k",
            recording = JvmTest.ONLY_DWUNW,
            needs = {})
    void jemalloc(JvmCommand command) throws IOException {
        check(command, "libjemalloc.so.2");
    }

    @JvmTest(
            main = UnsafeLeak.class,
            args = {BLOCKS_TEXT, "300"},
            agent = "engine=hooks,interval=1,minage=1ms,stack=16k",
            recording = JvmTest.ONLY_DWUNW,
            needs = {})
    void tcmalloc(JvmCommand command) throws IOException {
        check(command, "libtcmalloc_minimal.so.4");
    }

    @JvmTest(
            main = UnsafeLeak.class,
            args = {BLOCKS_TEXT, "300"},
            agent = "engine=hooks,interval=1,minage=1ms,stack=16k",
            recording = JvmTest.ONLY_DWUNW,
            needs = {})
    void mimalloc(JvmCommand command) throws IOException {
        check(command, "libmimalloc.so.2");
    }

    private static void check(JvmCommand command, String library) throws IOException {
        Path file = Path.of("/usr/lib/x86_64-linux-gnu", library);
        assumeTrue(Files.exists(file), library + " is not installed");
        JvmOutcome jvm = command.prefix("env", "LD_PRELOAD=" + file).run().expectExit(0);
        assertThat(jvm.err()).noneMatch(line -> line.contains("cannot be preloaded") || line.startsWith("dwunw: "));

        ConsumerReader reader = new ConsumerReader();
        List<AgentEvent> statistics = reader.read(jvm.recording(), AgentEvent.STATISTICS);
        assertThat(statistics.get(statistics.size() - 1).number("lost")).isZero();
        List<AgentEvent> leaks = Leaks.atEnd(jvm.recording()).stream()
                .filter(leak -> leak.names().contains(UnsafeLeak.class.getName() + ".forget"))
                .filter(leak -> leak.number("outstanding") >= UnsafeLeak.LEAKED_SIZE)
                .toList();
        assertThat(Leaks.sum(leaks, "outstandingBlocks")).isEqualTo(BLOCKS);
        assertThat(Leaks.atEnd(jvm.recording(), "free"))
                .noneMatch(leak -> leak.text("frames").contains("Unsafe_AllocateMemory"));
    }
}

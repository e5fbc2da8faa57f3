// SPDX-License-Identifier: MIT
package io.dwunw.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.it.harness.JvmCommand;
import io.dwunw.it.harness.JvmOutcome;
import io.dwunw.it.harness.JvmTest;
import io.dwunw.it.harness.Project;
import io.dwunw.it.program.NativeLayers;
import io.dwunw.it.recording.AgentEvent;
import io.dwunw.it.recording.ConsumerReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Libraries are read as far as the application's heap allows, and whatever they are called. */
final class LibraryFilesIT {
    private static final String SPARSE = "engine=hooks-self,maxoverhead=off,maxevents=off,interval=2k,stack=16k";

    /** Zeros of 60 MiB in some kilobytes of xz, where a stripped library keeps its symbols. */
    private static final String BOMB = "strip -o $2/libdwunwlate.so $1/libdwunwlate.so"
            + " && head -c 60M /dev/zero | xz >$2/bomb"
            + " && objcopy --add-section .gnu_debugdata=$2/bomb $2/libdwunwlate.so";

    /** The file has another name than what opens it. */
    private static final String UMLAUT = "cp $1/libdwunwlate.so $2/$(printf '\\303\\234mlaut-\\377.so')"
            + " && ln -s $(printf '\\303\\234mlaut-\\377.so') $2/libdwunwlate.so";

    @JvmTest(
            main = NativeLayers.class,
            agent = SPARSE,
            recording = JvmTest.ONLY_DWUNW,
            jvm = {"-Xmx64m", "-XX:+ExitOnOutOfMemoryError"},
            needs = {})
    void whatExpandsToMoreThanThereIsRoomForIsLeftOutAndTold(JvmCommand command) throws Exception {
        JvmOutcome jvm = run(command, BOMB);
        assertThat(jvm.err())
                .filteredOn(line -> line.contains("dwunw"))
                .singleElement()
                .asString()
                .contains("left out a part of", "libdwunwlate.so", "MiB of heap");
        List<AgentEvent> statistics = new ConsumerReader().read(jvm.recording(), AgentEvent.STATISTICS);
        AgentEvent last = statistics.get(statistics.size() - 1);
        assertThat(last.number("unreadFiles")).isEqualTo(1);
        assertThat(last.number("internalErrors")).isZero();
        assertThat(lateBlocks(jvm))
                .allSatisfy(event -> assertThat(event.names()).contains("libdwunwlate.dwunwlate_outer"));
    }

    @JvmTest(
            main = NativeLayers.class,
            agent = SPARSE,
            recording = JvmTest.ONLY_DWUNW,
            needs = {})
    void aNameOutsideOfTheLocaleIsReadAndShown(JvmCommand command) throws Exception {
        JvmOutcome jvm = run(command.prefix("env", "LC_ALL=C"), UMLAUT);
        assertThat(lateBlocks(jvm)).allSatisfy(event -> {
            // Only the file's own table has a static function's name.
            assertThat(event.names()).startsWith("libc.malloc", "Ümlaut-\uFFFD.late_inner");
            assertThat(event.text("frames")).contains("Ümlaut-\uFFFD.so!late_inner");
        });
    }

    private static JvmOutcome run(JvmCommand command, String script) throws Exception {
        Path libraries = command.directory().resolve("libraries");
        String link = "mkdir $2 && ln -s $1/libdwunwit.so $2 && " + script;
        String original = Project.nativeLibraries().toString();
        Process made = new ProcessBuilder("sh", "-c", link, "sh", original, libraries.toString())
                .inheritIO()
                .start();
        assertThat(made.waitFor()).as(script).isZero();
        return command.jvm("-Ddwunw.it.native=" + libraries).run().expectExit(0);
    }

    private static List<AgentEvent> lateBlocks(JvmOutcome jvm) throws IOException {
        List<AgentEvent> blocks = new ConsumerReader()
                .read(jvm.recording(), AgentEvent.ALLOCATION).stream()
                        .filter(event -> event.number("size") == NativeLayers.LATE_SIZE)
                        .toList();
        assertThat(blocks).hasSize(NativeLayers.COUNT);
        return blocks;
    }
}

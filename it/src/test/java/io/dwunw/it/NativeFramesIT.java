// SPDX-License-Identifier: MIT
package io.dwunw.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.it.harness.JvmOutcome;
import io.dwunw.it.harness.JvmTest;
import io.dwunw.it.program.NativeLayers;
import io.dwunw.it.recording.AgentEvent;
import io.dwunw.it.recording.ConsumerReader;
import java.io.IOException;
import java.util.List;

/** Stacks through optimised C and C++ without frame pointers: every function, by its exact name, in order. */
final class NativeFramesIT {
    /** Far below the blocks' sizes, so that each is sampled, and far above most of what the JVM itself allocates. */
    private static final String SPARSE = "maxoverhead=off,maxevents=off,interval=2k,stack=16k";

    private static final String DOOR = "libdwunwit.Java_io_dwunw_it_program_NativeBlocks_";

    private static final List<String> JAVA_CALLERS = List.of(
            "io.dwunw.it.program.NativeLayers.javaInner",
            "io.dwunw.it.program.NativeLayers.javaOuter",
            "io.dwunw.it.program.NativeLayers.main");

    @JvmTest(main = NativeLayers.class, agent = SPARSE, recording = JvmTest.ONLY_DWUNW)
    void c(JvmOutcome jvm) throws IOException {
        assertThat(blocks(jvm, NativeLayers.C_SIZE)).allSatisfy(event -> {
            assertThat(event.names())
                    .startsWith(
                            "libc.malloc",
                            "libdwunwit.c_leaf",
                            "libdwunwit.dwunwit_c_middle",
                            "libdwunwit.dwunwit_c_layers",
                            DOOR + "cLayers",
                            "io.dwunw.it.program.NativeBlocks.cLayers");
            assertThat(event.names()).containsSequence(JAVA_CALLERS);
            assertThat(event.text("allocator")).isEqualTo("malloc");
            assertThat(event.number("osThreadId")).isEqualTo(Long.parseLong(jvm.value("tid")));
            assertThat(event.text("allocatingThread")).isEqualTo("main");
        });
    }

    @JvmTest(main = NativeLayers.class, agent = SPARSE, recording = JvmTest.ONLY_DWUNW)
    void cpp(JvmOutcome jvm) throws IOException {
        assertThat(blocks(jvm, NativeLayers.CPP_SIZE)).allSatisfy(event -> {
            assertThat(event.names())
                    .startsWith(
                            "libc.malloc",
                            "libstdc++.operator new",
                            "libdwunwit.dwunwit::(anonymous namespace)::fill",
                            "libdwunwit.dwunwit::Cache<int>::grow",
                            "libdwunwit.dwunwit::CachingStore::put",
                            "libdwunwit.dwunwit::Registry::add(dwunwit::Store&, unsigned long) const"
                                    + "::{lambda(unsigned long)#1}::operator()",
                            "libdwunwit.dwunwit::Registry::add",
                            "libdwunwit.dwunwit_cpp_layers",
                            DOOR + "cppLayers",
                            "io.dwunw.it.program.NativeBlocks.cppLayers");
            assertThat(event.names()).containsSequence(JAVA_CALLERS);
        });
    }

    @JvmTest(main = NativeLayers.class, agent = SPARSE, recording = JvmTest.ONLY_DWUNW)
    void aLibraryOpenedLate(JvmOutcome jvm) throws IOException {
        assertThat(blocks(jvm, NativeLayers.LATE_SIZE)).allSatisfy(event -> {
            assertThat(event.names())
                    .startsWith(
                            "libc.malloc",
                            "libdwunwlate.late_inner",
                            "libdwunwlate.dwunwlate_outer",
                            DOOR + "lateLayers",
                            "io.dwunw.it.program.NativeBlocks.lateLayers");
            assertThat(event.names()).containsSequence(JAVA_CALLERS);
        });
    }

    @JvmTest(main = NativeLayers.class, agent = SPARSE, recording = JvmTest.ONLY_DWUNW)
    void theTextHasExactNamesModulesAndOffsets(JvmOutcome jvm) throws IOException {
        assertThat(blocks(jvm, NativeLayers.CPP_SIZE)).allSatisfy(event -> {
            List<String> lines = event.text("frames").lines().toList();
            assertThat(lines.get(0)).isEqualTo("libc.so.6!malloc");
            assertThat(lines.get(3))
                    .matches("libdwunwit\\.so!dwunwit::Cache<int>::grow\\(unsigned long\\)\\+0x[0-9a-f]+"
                            + " \\(libdwunwit\\.so\\+0x[0-9a-f]+\\)");
            assertThat(lines)
                    .anyMatch(line -> line.matches(
                            "io\\.dwunw\\.it\\.program\\.NativeLayers\\.javaInner\\(NativeLayers\\.java:\\d+\\)"));
            assertThat(event.text("stackState")).isEqualTo("complete");
        });
    }

    private static List<AgentEvent> blocks(JvmOutcome jvm, long size) throws IOException {
        List<AgentEvent> blocks = new ConsumerReader()
                .read(jvm.recording(), AgentEvent.ALLOCATION).stream()
                        .filter(event -> event.number("size") == size)
                        .toList();
        assertThat(blocks).hasSize(NativeLayers.COUNT);
        return blocks;
    }
}

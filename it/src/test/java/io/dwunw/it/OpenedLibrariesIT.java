// SPDX-License-Identifier: MIT
package io.dwunw.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.it.harness.JvmCommand;
import io.dwunw.it.harness.JvmOutcome;
import io.dwunw.it.harness.JvmTest;
import io.dwunw.it.program.OpenedLibraries;
import io.dwunw.it.recording.AgentEvent;
import io.dwunw.it.recording.ConsumerReader;
import io.dwunw.it.recording.Leaks;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Stacks through libraries that came a moment ago, or have gone since: right, or honest about what is missing. */
final class OpenedLibrariesIT {
    private static final String OPTIONS = "maxoverhead=off,maxevents=off,interval=2k,stack=16k,engine=";
    private static final String COMPLETE = "complete";
    private static final String DOOR = "libdwunwit.Java_io_dwunw_it_program_NativeBlocks_openAndAllocate";
    private static final String METHOD = "io.dwunw.it.program.NativeBlocks.openAndAllocate";

    @JvmTest(
            main = OpenedLibraries.class,
            args = "stay",
            agent = OPTIONS + "hooks",
            recording = JvmTest.ONLY_DWUNW,
            needs = {})
    void ofLibrariesThatStayAllAreComplete(JvmOutcome jvm) throws IOException {
        assertThat(ofLibraries(jvm)).allSatisfy(OpenedLibrariesIT::assertComplete);
    }

    @JvmTest(
            main = OpenedLibraries.class,
            args = "stay",
            agent = OPTIONS + "uprobe",
            recording = JvmTest.ONLY_DWUNW,
            since = 25)
    void withKernelProbesToo(JvmOutcome jvm) throws IOException {
        assertThat(ofLibraries(jvm)).allSatisfy(OpenedLibrariesIT::assertComplete);
    }

    @JvmTest(
            main = OpenedLibraries.class,
            args = "closed",
            agent = OPTIONS + "hooks",
            recording = JvmTest.ONLY_DWUNW,
            needs = {})
    void ofLibrariesThatAreGoneNoneIsTakenForAnother(JvmOutcome jvm) throws IOException {
        assertThat(ofLibraries(jvm)).allSatisfy(event -> {
            if (event.text("stackState").equals(COMPLETE)) {
                assertComplete(event);
            } else {
                assertGap(event);
                assertThat(libraries(event)).allMatch(library -> isOf(event, library));
            }
        });
    }

    @JvmTest(
            main = OpenedLibraries.class,
            args = "bare",
            agent = OPTIONS + "hooks",
            recording = JvmTest.ONLY_DWUNW,
            needs = {},
            since = 25)
    void whereThereIsNoUnwindInformationStacksSayThatFramesAreMissing(JvmOutcome jvm) throws IOException {
        assertThat(ofLibraries(jvm)).allSatisfy(event -> {
            assertThat(event.text("stackState"))
                    .isEqualTo("incomplete: callers of code without usable unwind information are missing,"
                            + " up to the next Java frame");
            assertGap(event);
        });
    }

    /** Their libraries have other names in each run. */
    @JvmTest(main = OpenedLibraries.class, args = "stay", recording = JvmTest.ONLY_DWUNW, since = 25)
    void sitesAreTheSameInTheNextRunWithAnotherEngine(JvmCommand command) throws IOException {
        Set<String> hooks = sites(command.as("hooks").agent(OPTIONS + "hooks-self,minage=0s"));
        Set<String> probes = sites(command.as("probes").agent(OPTIONS + "uprobe,minage=0s"));

        assertThat(hooks).hasSize(1).isEqualTo(probes);
    }

    private static Set<String> sites(JvmCommand command) throws IOException {
        Set<String> sites = new HashSet<>();
        for (AgentEvent leak : Leaks.atEnd(command.run().expectExit(0).recording(), "openAndAllocate")) {
            if (libraries(leak).size() == 2) {
                sites.add(leak.text("site"));
            }
        }
        return sites;
    }

    private static List<AgentEvent> ofLibraries(JvmOutcome jvm) throws IOException {
        List<AgentEvent> all = new ConsumerReader()
                .read(jvm.recording(), AgentEvent.ALLOCATION).stream()
                        .filter(event -> event.number("size") >= OpenedLibraries.SIZE
                                && event.number("size") < OpenedLibraries.SIZE + OpenedLibraries.LIBRARIES
                                && event.passes("openAndAllocate"))
                        .toList();
        // On a busy machine not all are published before the program ends.
        assertThat(all).isNotEmpty();
        return all;
    }

    private static void assertComplete(AgentEvent event) {
        assertThat(event.text("stackState")).as(event.text("frames")).isEqualTo(COMPLETE);
        List<String> names = event.names();
        assertThat(names.get(0)).isEqualTo("libc.malloc");
        assertThat(names.get(1)).endsWith("libdwunwlate.late_inner");
        assertThat(names.get(2)).endsWith("libdwunwlate.dwunwlate_outer");
        assertThat(names.subList(3, 5)).containsExactly(DOOR, METHOD);
        assertThat(libraries(event)).hasSize(2).allMatch(library -> isOf(event, library));
    }

    private static List<String> libraries(AgentEvent event) {
        return event.names().stream()
                .filter(name -> name.contains("libdwunwlate"))
                .toList();
    }

    private static boolean isOf(AgentEvent event, String library) {
        return library.startsWith(event.number("size") - OpenedLibraries.SIZE + "-");
    }

    private static void assertGap(AgentEvent event) {
        assertThat(event.names()).containsSequence("···.callers that could not be found ···", METHOD);
    }
}

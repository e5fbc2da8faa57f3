// SPDX-License-Identifier: MIT
package io.dwunw.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.it.harness.JvmCommand;
import io.dwunw.it.harness.JvmTest;
import io.dwunw.it.program.Quiet;
import io.dwunw.it.recording.AgentEvent;
import io.dwunw.it.recording.ConsumerReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;

/** The views that JFR gives of a program are the program's. */
final class QuietRecordingIT {
    private static final int MOST_MORE = 5;

    /** What loading the agent's classes, running them for the first time, and keeping their objects brings. */
    private static final Set<String> OF_LOADED_CODE = Set.of(
            "jdk.ActiveSetting",
            "jdk.CheckPoint",
            "jdk.Checkpoint",
            "jdk.ClassLoaderStatistics",
            "jdk.Compilation",
            "jdk.CompilationFailure",
            "jdk.CompilerInlining",
            "jdk.Deoptimization",
            "jdk.ExecuteVMOperation",
            "jdk.ExecutionSample",
            "jdk.ModuleExport",
            "jdk.ModuleRequire",
            "jdk.NativeLibrary",
            "jdk.ObjectAllocationSample",
            "jdk.OldObjectSample",
            "jdk.PromoteObjectInNewPLAB",
            "jdk.PromoteObjectOutsidePLAB",
            "jdk.SafepointBegin",
            "jdk.TenuringDistribution");

    /** These tell of the machine, and what else runs on it. */
    private static final Set<String> OF_MACHINE = Set.of("jdk.SystemProcess", "jdk.NetworkUtilization");

    /** These come by the dozen with each collection. */
    private static final String COLLECTIONS = "jdk\\.(GC|G1|Metaspace).*";

    @JvmTest(main = Quiet.class, args = "8", agent = "", everyEngine = true, recording = "settings=profile")
    void aProgramThatSleepsHasFiveEventsOfATypeMoreAtMostAndNoneOfASidecarAsleep(JvmCommand command)
            throws IOException {
        Map<String, Integer> plain =
                counts(command.as("plain").withoutAgent().run().expectExit(0).recording());
        Path traced = command.run().expectExit(0).recording();
        Map<String, Integer> more = counts(traced);
        more.keySet().removeIf(type -> type.startsWith("dwunw.") || type.matches(COLLECTIONS));
        more.keySet().removeAll(OF_LOADED_CODE);
        more.keySet().removeAll(OF_MACHINE);
        // Those of a sidecar that works are for the code that it runs for the first time.
        more.remove("jdk.NativeMethodSample");
        more.replaceAll((type, count) -> count - plain.getOrDefault(type, 0));
        assertThat(more).allSatisfy((type, count) -> assertThat(count).isLessThanOrEqualTo(MOST_MORE));

        assertThat(new ConsumerReader().read(traced, AgentEvent.STATISTICS)).isNotEmpty();
        assertThat(new ConsumerReader().read(traced, "jdk.NativeMethodSample"))
                .filteredOn(event -> event.names().stream().anyMatch(name -> name.contains("Doorbell.sleep")))
                .hasSizeLessThanOrEqualTo(MOST_MORE);
    }

    private static Map<String, Integer> counts(Path recording) throws IOException {
        Map<String, Integer> counts = new TreeMap<>();
        try (RecordingFile file = new RecordingFile(recording)) {
            while (file.hasMoreEvents()) {
                RecordedEvent event = file.readEvent();
                counts.merge(event.getEventType().getName(), 1, Integer::sum);
            }
        }
        return counts;
    }
}

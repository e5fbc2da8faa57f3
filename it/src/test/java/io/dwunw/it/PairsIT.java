// SPDX-License-Identifier: MIT
package io.dwunw.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.it.harness.JvmCommand;
import io.dwunw.it.harness.JvmOutcome;
import io.dwunw.it.harness.JvmTest;
import io.dwunw.it.harness.Need;
import io.dwunw.it.harness.PublicCopy;
import io.dwunw.it.program.Greeting;
import io.dwunw.it.program.PairedBlocks;
import io.dwunw.it.recording.AgentEvent;
import io.dwunw.it.recording.ConsumerReader;
import io.dwunw.it.recording.Leaks;
import java.io.IOException;
import java.util.List;

/** Functions of an application's own, as events. */
final class PairsIT {
    private static final String PAIR = "pair=libdwunwit.so:dwunwit_allocate(2)/dwunwit_release(2)";

    @JvmTest(
            main = PairedBlocks.class,
            args = "1500",
            agent = "interval=1,minage=100ms," + PAIR,
            recording = JvmTest.ONLY_DWUNW)
    void blocksOfAPairAreReportedUnderItsName(JvmOutcome jvm) throws IOException {
        List<AgentEvent> events = new ConsumerReader()
                .read(jvm.recording(), AgentEvent.ALLOCATION).stream()
                        .filter(event -> event.text("allocator").equals("dwunwit_allocate"))
                        .toList();
        assertThat(jvm.err()).isEmpty();
        assertThat(events).hasSize(PairedBlocks.COUNT);
        assertThat(Leaks.sum(events, "weight")).isEqualTo(PairedBlocks.COUNT * PairedBlocks.SIZE);
        assertThat(events.get(0).stack().get(0).type()).isEqualTo("libdwunwit");
        assertThat(events.get(0).stack().get(0).method()).isEqualTo("dwunwit_allocate");
        List<AgentEvent> leaks = Leaks.atEnd(jvm.recording()).stream()
                .filter(leak -> leak.stack().get(0).method().equals("dwunwit_allocate"))
                .toList();
        assertThat(Leaks.sum(leaks, "outstanding")).isEqualTo(PairedBlocks.KEPT * PairedBlocks.SIZE);
        assertThat(Leaks.sum(leaks, "outstandingBlocks")).isEqualTo(PairedBlocks.KEPT);
    }

    @JvmTest(
            main = Greeting.class,
            args = {"exit", "4"},
            agent = PAIR,
            nativeAccess = false,
            needs = Need.SETPRIV)
    void withoutThePrivilegeOneLineSaysSo(JvmCommand command) throws IOException {
        try (PublicCopy copy = PublicCopy.of(command)) {
            JvmOutcome outcome = copy.command()
                    .prefix("setpriv", "--reuid", "65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all")
                    .run();
            assertThat(outcome.exitCode()).as("%s", outcome).isEqualTo(4);
            assertThat(outcome.err()).hasSizeLessThanOrEqualTo(1).allMatch(line -> line.contains("option 'pair'"));
        }
    }
}

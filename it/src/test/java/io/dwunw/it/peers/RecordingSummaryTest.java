// SPDX-License-Identifier: MIT
package io.dwunw.it.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class RecordingSummaryTest {
    private static final List<String> OUTPUT = List.of(
            " Version: 2.1",
            " Chunks: 1",
            " Start: 2026-11-22 21:16:11 (UTC)",
            " Duration: 4 s",
            "",
            " Event Type                              Count  Size (bytes) ",
            "=============================================================",
            " profiler.Malloc                          1428         31417",
            " dwunw.NativeAllocation                     12          4800",
            " dwunw.AgentStatistics                       3           600",
            " jdk.CPULoad                                 0             0");

    @Test
    void countsAndBytesOfATypeAreFound() {
        RecordingSummary summary = RecordingSummary.parse(OUTPUT);
        assertThat(summary.of("profiler.Malloc")).isEqualTo(new RecordingSummary.Events(1428, 31417));
        assertThat(summary.of("profiler.Free")).isEqualTo(new RecordingSummary.Events(0, 0));
        assertThat(summary.events()).hasSize(4);
    }

    @Test
    void bytesAreSummedByTheBeginningOfTheName() {
        assertThat(RecordingSummary.parse(OUTPUT).bytesOf("dwunw.")).isEqualTo(5400);
    }
}

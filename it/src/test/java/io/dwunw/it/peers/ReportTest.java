// SPDX-License-Identifier: MIT
package io.dwunw.it.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ReportTest {
    private static final Workload LOOP = new Workload(
            "loop", "a loop", Workload.Kind.STEADY, Object.class, List.of(), List.of(Figure.CPU, Figure.PROCESS));

    private static final Peer NONE = peer("none");
    private static final Peer PROFILER = peer("profiler");

    private final Results results = new Results();

    @Test
    void ratiosCompareTheSameRound() {
        // The second round runs on a machine half as fast: medians of the figures alone would say otherwise.
        round(10, 20);
        round(20, 40);
        round(10, 21);
        assertThat(results.ratio(LOOP, PROFILER, Figure.CPU)).isEqualTo(new Spread(2, 2, 2.1, 3));
        assertThat(results.added(LOOP, PROFILER, Figure.CPU).median()).isEqualTo(11);
        assertThat(results.figure(LOOP, PROFILER, Figure.CPU)).isEqualTo(new Spread(21, 20, 40, 3));
    }

    @Test
    void anInvalidRunCountsNotAndIsTold() {
        round(10, 20);
        results.add(LOOP, NONE, good(10));
        results.add(LOOP, PROFILER, new Trial.Result(Map.of(), "no samples"));
        assertThat(results.figure(LOOP, PROFILER, Figure.CPU).runs()).isEqualTo(1);
        assertThat(report()).contains("profiler (1 of 2 invalid: no samples)");
    }

    @Test
    void aPeerWithoutAnyValidRunIsInvalidInTheOverview() {
        results.add(LOOP, NONE, good(10));
        results.add(LOOP, PROFILER, new Trial.Result(Map.of(), "no samples"));
        assertThat(rows()).contains("| none     | 10.0         |", "| profiler | invalid      |");
    }

    @Test
    void rowsHaveAsManyCellsAsTheHead() {
        round(10, 20);
        for (String block : report().split("\n\n", -1)) {
            List<String> rows =
                    block.lines().filter(line -> line.startsWith("|")).toList();
            assertThat(rows.stream()
                            .map(row -> row.chars().filter(c -> c == '|').count())
                            .distinct()
                            .count())
                    .as(block)
                    .isLessThanOrEqualTo(1);
        }
        assertThat(rows()).contains("| profiler | 20.0 (×2.00) |");
    }

    @Test
    void barsInCellsDoNotSplitThem() {
        MarkdownTable table = new MarkdownTable(List.of("a", "b"));
        table.row(List.of("x|y"));
        assertThat(table.toString()).isEqualTo("| a    | b   |\n| ---- | --- |\n| x\\|y |     |\n");
    }

    private void round(double base, double value) {
        results.add(LOOP, NONE, good(base));
        results.add(LOOP, PROFILER, good(value));
    }

    private static Trial.Result good(double cpu) {
        return new Trial.Result(Map.of(Figure.CPU, cpu, Figure.PEAK, 40.0), "");
    }

    private List<String> rows() {
        return report().lines().toList();
    }

    private String report() {
        return new Report(List.of(LOOP), List.of(NONE, PROFILER), results).markdown("a machine");
    }

    private static Peer peer(String name) {
        return new JvmPeer(name, name, List.of(), "", false);
    }
}

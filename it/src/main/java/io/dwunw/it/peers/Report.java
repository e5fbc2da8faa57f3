// SPDX-License-Identifier: MIT
package io.dwunw.it.peers;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The results as Markdown: an overview of all workloads, then a table for each. */
final class Report {
    /** Beside a workload's own, where a peer has them. */
    private static final List<Figure> EVIDENCE = List.of(Figure.SAMPLES, Figure.SIDECAR, Figure.BYTES, Figure.LOST);

    private final List<Workload> workloads;
    private final List<Peer> peers;
    private final Results results;

    Report(List<Workload> workloads, List<Peer> peers, Results results) {
        this.workloads = workloads;
        this.peers = peers;
        this.results = results;
    }

    /** Everything, below a line that says where and when. */
    String markdown(String conditions) {
        StringBuilder text = new StringBuilder(conditions).append("\n\n");
        text.append(overview());
        for (Workload workload : workloads) {
            text.append('\n').append(table(workload));
        }
        for (Peer peer : peers) {
            peer.missing()
                    .ifPresent(reason -> text.append("\n* ")
                            .append(peer.label())
                            .append(": ")
                            .append(reason));
        }
        return text.append('\n').toString();
    }

    /** The first figure of each workload, and its ratio to the run without an agent. */
    private String overview() {
        List<Workload> compared = workloads.stream()
                .filter(workload -> workload.kind() != Workload.Kind.PACED)
                .toList();
        List<String> head = new ArrayList<>(List.of(""));
        compared.forEach(workload ->
                head.add(workload.name() + ", " + workload.figures().get(0).label()));
        MarkdownTable table = new MarkdownTable(head);
        for (Peer peer : peers) {
            if (compared.stream().anyMatch(workload -> results.has(workload, peer))) {
                List<String> cells = new ArrayList<>(List.of(peer.label()));
                compared.forEach(workload -> cells.add(overview(workload, peer)));
                table.row(cells);
            }
        }
        return table.isEmpty() ? "" : table.toString();
    }

    private String overview(Workload workload, Peer peer) {
        Figure figure = workload.figures().get(0);
        Spread spread = results.figure(workload, peer, figure);
        if (spread.runs() == 0) {
            return results.has(workload, peer) ? "invalid" : "";
        }
        String text = Figure.text(spread.median());
        return peer.name().equals(Results.BASELINE)
                ? text
                : text + " (×"
                        + Figure.text(results.ratio(workload, peer, figure).median()) + ")";
    }

    private String table(Workload workload) {
        List<Figure> evidence = EVIDENCE.stream()
                .filter(figure -> !workload.figures().contains(figure))
                .filter(figure -> peers.stream()
                        .anyMatch(peer -> results.figure(workload, peer, figure).runs() > 0))
                .toList();
        boolean peak = !workload.figures().contains(Figure.PEAK);
        MarkdownTable table = new MarkdownTable(head(workload, peak, evidence));
        for (Peer peer : peers) {
            if (results.has(workload, peer)) {
                table.row(row(workload, peer, peak, evidence));
            }
        }
        return table.isEmpty() ? "" : "**" + workload.name() + "**: " + workload.title() + "\n\n" + table;
    }

    private static List<String> head(Workload workload, boolean peak, List<Figure> evidence) {
        List<String> head = new ArrayList<>(List.of(""));
        for (Figure figure : workload.figures()) {
            head.add(figure.label());
            ratioColumn(workload, figure).ifPresent(head::add);
        }
        if (workload.kind() != Workload.Kind.PACED) {
            head.add(workload.figures().get(0).label() + " added");
        }
        if (peak) {
            head.add("peak RSS MiB added");
        }
        evidence.forEach(figure -> head.add(figure.label()));
        return head;
    }

    private static Optional<String> ratioColumn(Workload workload, Figure figure) {
        return workload.kind() == Workload.Kind.PACED || figure == Figure.PEAK
                ? Optional.empty()
                : Optional.of("ratio");
    }

    private List<String> row(Workload workload, Peer peer, boolean peak, List<Figure> evidence) {
        List<String> row = new ArrayList<>(List.of(peer.label()));
        String invalid = results.invalid(workload, peer);
        if (!invalid.isEmpty()) {
            row.set(0, peer.label() + " (" + invalid + ")");
        }
        for (Figure figure : workload.figures()) {
            row.add(results.figure(workload, peer, figure).text());
            ratioColumn(workload, figure)
                    .ifPresent(head -> row.add(
                            Figure.text(results.ratio(workload, peer, figure).median())));
        }
        if (workload.kind() != Workload.Kind.PACED) {
            row.add(Figure.text(
                    results.added(workload, peer, workload.figures().get(0)).median()));
        }
        if (peak) {
            row.add(Figure.text(results.added(workload, peer, Figure.PEAK).median()));
        }
        for (Figure figure : evidence) {
            row.add(Figure.text(results.figure(workload, peer, figure).median()));
        }
        return row;
    }
}

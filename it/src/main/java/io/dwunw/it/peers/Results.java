// SPDX-License-Identifier: MIT
package io.dwunw.it.peers;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** All runs so far, by workload, peer and round. */
final class Results {
    /** The peer that all others are compared with. */
    static final String BASELINE = "none";

    private final Map<Cell, List<Trial.Result>> runs = new LinkedHashMap<>();

    private record Cell(String workload, String peer) {}

    /** Adds the run of the next round; a workload's rounds must be complete, so that ratios compare the right two. */
    void add(Workload workload, Peer peer, Trial.Result result) {
        runs.computeIfAbsent(new Cell(workload.name(), peer.name()), cell -> new ArrayList<>())
                .add(result);
    }

    boolean has(Workload workload, Peer peer) {
        return runs.containsKey(new Cell(workload.name(), peer.name()));
    }

    /** A figure over all valid rounds. */
    Spread figure(Workload workload, Peer peer, Figure figure) {
        return Spread.of(values(workload.name(), peer.name(), figure));
    }

    /** The figure, divided by that of the baseline in the same round. */
    Spread ratio(Workload workload, Peer peer, Figure figure) {
        return against(workload, peer, figure, (value, base) -> value / base);
    }

    /** The figure, less that of the baseline in the same round. */
    Spread added(Workload workload, Peer peer, Figure figure) {
        return against(workload, peer, figure, (value, base) -> value - base);
    }

    /** Why runs were invalid; empty if none was. */
    String invalid(Workload workload, Peer peer) {
        TreeSet<String> reasons = new TreeSet<>();
        List<Trial.Result> all = runs.getOrDefault(new Cell(workload.name(), peer.name()), List.of());
        long count = all.stream().filter(result -> !result.invalid().isEmpty()).count();
        all.stream()
                .map(Trial.Result::invalid)
                .filter(reason -> !reason.isEmpty())
                .forEach(reasons::add);
        return count == 0 ? "" : count + " of " + all.size() + " invalid: " + String.join("; ", reasons);
    }

    private interface Comparison {
        double of(double value, double base);
    }

    private Spread against(Workload workload, Peer peer, Figure figure, Comparison comparison) {
        List<Double> values = values(workload.name(), peer.name(), figure);
        List<Double> bases = values(workload.name(), BASELINE, figure);
        List<Double> compared = new ArrayList<>();
        for (int round = 0; round < Math.min(values.size(), bases.size()); round++) {
            compared.add(comparison.of(values.get(round), bases.get(round)));
        }
        return Spread.of(compared);
    }

    /** One value a round; NaN where a run was invalid or has no such figure. */
    private List<Double> values(String workload, String peer, Figure figure) {
        return runs.getOrDefault(new Cell(workload, peer), List.of()).stream()
                .map(result -> result.figures().getOrDefault(figure, Double.NaN))
                .toList();
    }
}

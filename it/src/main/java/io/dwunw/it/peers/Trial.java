// SPDX-License-Identifier: MIT
package io.dwunw.it.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One run of one program under one peer. */
final class Trial {
    private final Jvm jvm;
    private final Path target;
    private final String classpath;

    /**
     * Figures of a run, or why there are none.
     *
     * @param invalid empty if the run is good
     */
    record Result(Map<Figure, Double> figures, String invalid) {}

    /**
     * Trials of the programs that a build has left.
     *
     * @param target the build's directory in {@code it}
     */
    Trial(Jvm jvm, Path target, String classpath) {
        this.jvm = jvm;
        this.target = target;
        this.classpath = classpath;
    }

    /** Runs it, in a directory that is gone afterwards. */
    Result run(Workload workload, Peer peer) throws IOException, InterruptedException {
        Path parent = Files.createDirectories(target.resolve("compare-peers"));
        Path directory = Files.createTempDirectory(parent, workload.name() + "-" + peer.name() + "-");
        try {
            return new Result(figures(workload, peer, directory), "");
        } catch (InvalidRunException e) {
            return new Result(Map.of(), e.reason());
        } finally {
            Scratch.delete(directory);
        }
    }

    private Map<Figure, Double> figures(Workload workload, Peer peer, Path directory)
            throws IOException, InterruptedException, InvalidRunException {
        Launch launch = peer.launch(directory);
        Command.Outcome outcome = Command.run(directory, environment(launch), words(workload, launch));
        Map<String, Double> printed = ProgramLine.parse(outcome.out());
        if (outcome.exitCode() != 0 || printed.isEmpty()) {
            throw new InvalidRunException("exit code " + outcome.exitCode() + ": " + outcome.tail());
        }
        FinishedRun run = new FinishedRun(workload, directory, printed, outcome.err(), outcome.millis());
        Map<Figure, Double> figures = new EnumMap<>(Figure.class);
        for (Figure figure : Figure.values()) {
            if (printed.containsKey(figure.key())) {
                figures.put(figure, figure.scaled(run.value(figure.key())));
            }
        }
        figures.put(Figure.START, outcome.millis());
        figures.putAll(peer.evidence(run));
        return figures;
    }

    private static Map<String, String> environment(Launch launch) {
        // Environment of every run, without leftovers of the user's own experiments.
        Map<String, String> environment = new HashMap<>(Map.of("LD_PRELOAD", "", "MALLOC_CONF", ""));
        environment.putAll(launch.environment());
        return environment;
    }

    private List<String> words(Workload workload, Launch launch) {
        List<String> words = new ArrayList<>(List.of(jvm.tool("java"), "-Xms64m", "-Xmx256m"));
        words.addAll(jvm.permissions());
        words.add("-Ddwunw.it.native=" + target.resolve("native"));
        words.addAll(launch.jvm());
        words.addAll(List.of("-cp", classpath, workload.main().getName()));
        words.addAll(workload.args());
        return words;
    }
}

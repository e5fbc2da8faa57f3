// SPDX-License-Identifier: MIT
package io.dwunw.it.peers;

import io.dwunw.it.bench.PacedPairs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Our agent, with a recording as a user would make it.
 *
 * @param options of the agent
 * @param engine a pattern that the engine's description must match
 * @param interval of the options; 0 if the agent may choose
 * @param jar of the agent
 * @param jvm whose {@code jfr} tool reads recordings
 */
record DwunwPeer(String name, String label, String options, String engine, long interval, Path jar, Jvm jvm)
        implements Peer {

    private static final String FILE = "dwunw.jfr";
    private static final long USUAL_INTERVAL = 512 << 10;

    @Override
    public Optional<String> missing() {
        return Files.isReadable(jar) ? Optional.empty() : Optional.of("not built: " + jar);
    }

    @Override
    public boolean fits(Workload workload) {
        if (workload.kind() == Workload.Kind.PACED) {
            return true;
        }
        // Every allocation is for tests: the rates show what it bears, one loop what it costs. So do short intervals.
        return interval == 1 ? workload.name().equals("unsafe-1") : interval == 0 || interval >= USUAL_INTERVAL;
    }

    @Override
    public Launch launch(Path directory) {
        return Launch.jvm(
                "-Ddwunw.bench.awaitTracing=true",
                "-javaagent:" + jar + (options.isEmpty() ? "" : "=" + options),
                "-Xlog:jfr+startup=error",
                "-XX:StartFlightRecording:filename=" + directory.resolve(FILE));
    }

    @Override
    public Map<Figure, Double> evidence(FinishedRun run) throws IOException, InvalidRunException {
        Path file = run.directory().resolve(FILE);
        AgentRecording recording = AgentRecording.read(file, run.value("from"), PacedPairs.SIZE);
        if (!tracedAsAsked(run, recording.engine())) {
            throw new InvalidRunException("engine \"" + recording.engine() + "\"" + firstWord(run.errors()));
        }
        if (run.workload().kind() == Workload.Kind.STEADY) {
            // Those of the warm-up too: the sidecar may lag behind. But not without any of the measured time, unless
            // the
            // agent is free to take few.
            Expectation.demand(interval == 0 ? recording.samples() : recording.measured(), Double.NaN, 1);
            Expectation.demand(recording.samples(), run.value("bytes"), Math.max(interval, 1));
        }
        Map<Figure, Double> figures = new EnumMap<>(Figure.class);
        double samples = recording.samples();
        figures.put(Figure.SAMPLES, samples);
        // Frees of sampled blocks go through the same ring.
        figures.put(Figure.LOST, 100.0 * recording.lost() / Math.max(1, 2 * samples + recording.lost()));
        if (samples > 0) {
            figures.put(Figure.SIDECAR, recording.sidecarNanos() / samples / 1e3);
            figures.put(Figure.BYTES, bytes(file) / samples);
        }
        if (run.workload().kind() == Workload.Kind.PACED && interval == 1) {
            figures.put(Figure.MISSING, run.missing((double) recording.ofSize()));
        }
        return figures;
    }

    private boolean tracedAsAsked(FinishedRun run, String description) {
        // A program that only starts may be over before it is traced; an agent that cannot trace says so.
        boolean over = run.workload().kind() == Workload.Kind.START
                && description.isEmpty()
                && firstWord(run.errors()).isEmpty();
        return over || description.matches(engine);
    }

    /** Of our events alone: the JVM's own are in the file whether we are there or not. */
    private double bytes(Path file) throws IOException {
        return RecordingTool.summary(jvm, file).bytesOf("dwunw.");
    }

    private static String firstWord(List<String> errors) {
        return errors.stream()
                .filter(line -> line.startsWith("dwunw"))
                .findFirst()
                .map(line -> ": " + line)
                .orElse("");
    }
}

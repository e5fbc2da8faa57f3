// SPDX-License-Identifier: MIT
package io.dwunw.it.peers;

import io.dwunw.it.bench.PacedPairs;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;

/**
 * async-profiler's {@code nativemem} mode, from the library inside its Maven artifact.
 *
 * @param interval bytes; 1 samples every allocation
 * @param options more of the profiler's options
 * @param library where the library is unpacked to
 * @param jvm whose {@code jfr} tool reads recordings
 */
record AsyncProfilerPeer(String name, String label, long interval, String options, Path library, Jvm jvm)
        implements Peer {

    private static final String RESOURCE = "/linux-x64/libasyncProfiler.so";
    private static final String FILE = "async-profiler.jfr";
    private static final String MALLOC = "profiler.Malloc";

    @Override
    public Optional<String> missing() {
        return AsyncProfilerPeer.class.getResource(RESOURCE) == null
                ? Optional.of("not installed: no tools.profiler:async-profiler in the class path")
                : Optional.empty();
    }

    @Override
    public boolean fits(Workload workload) {
        return workload.kind() != Workload.Kind.PACED || interval == 1;
    }

    @Override
    public Launch launch(Path directory) throws IOException {
        if (!Files.exists(library)) {
            Files.createDirectories(library.toAbsolutePath().getParent());
            try (InputStream resource = AsyncProfilerPeer.class.getResourceAsStream(RESOURCE)) {
                Files.copy(resource, library);
            }
        }
        // 0 and 1 mean the same to it; 0 is what its documentation names.
        return Launch.jvm("-agentpath:" + library + "=start,event=nativemem,nativemem=" + (interval == 1 ? 0 : interval)
                + options + ",jfr,file=" + directory.resolve(FILE));
    }

    @Override
    public Map<Figure, Double> evidence(FinishedRun run) throws IOException, InvalidRunException {
        Path file = run.directory().resolve(FILE);
        if (!Files.exists(file)) {
            throw new InvalidRunException("no recording");
        }
        double samples = RecordingTool.summary(jvm, file).of(MALLOC).count();
        if (run.workload().kind() == Workload.Kind.STEADY) {
            Expectation.demand((long) samples, run.value("bytes"), interval);
        }
        Map<Figure, Double> figures = new EnumMap<>(Figure.class);
        figures.put(Figure.SAMPLES, samples);
        if (samples > 0) {
            figures.put(Figure.BYTES, Files.size(file) / samples);
        }
        if (run.workload().kind() == Workload.Kind.PACED) {
            figures.put(Figure.MISSING, run.missing(ofSize(file)));
        }
        return figures;
    }

    private static double ofSize(Path file) throws IOException {
        long found = 0;
        try (RecordingFile recording = new RecordingFile(file)) {
            while (recording.hasMoreEvents()) {
                RecordedEvent event = recording.readEvent();
                boolean allocation = event.getEventType().getName().equals(MALLOC);
                found += allocation && event.getLong("size") == PacedPairs.SIZE ? 1 : 0;
            }
        }
        return found;
    }
}

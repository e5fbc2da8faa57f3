// SPDX-License-Identifier: MIT
package io.dwunw.it.peers;

import io.dwunw.it.bench.PacedPairs;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** heaptrack's preloaded library, which writes every allocation down, raw. */
record HeaptrackPeer(String name, String label) implements Peer {
    private static final String FILE = "heaptrack.raw";
    private static final List<Path> LIBRARIES = List.of(
            Path.of("/usr/lib/heaptrack/libheaptrack_preload.so"),
            Path.of("/usr/lib/x86_64-linux-gnu/heaptrack/libheaptrack_preload.so"));

    /** How the line of an allocation begins: the size in hexadecimal comes next. */
    private static final String ALLOCATION = "+ ";

    @Override
    public Optional<String> missing() {
        return library().isPresent() ? Optional.empty() : Optional.of("not installed: Debian's package heaptrack");
    }

    private static Optional<Path> library() {
        return LIBRARIES.stream().filter(Files::isReadable).findFirst();
    }

    @Override
    public boolean fits(Workload workload) {
        return true;
    }

    @Override
    public Launch launch(Path directory) {
        return Launch.environment(Map.of(
                "LD_PRELOAD",
                library().orElseThrow().toString(),
                "DUMP_HEAPTRACK_OUTPUT",
                directory.resolve(FILE).toString()));
    }

    @Override
    public Map<Figure, Double> evidence(FinishedRun run) throws IOException, InvalidRunException {
        Path file = run.directory().resolve(FILE);
        if (!Files.exists(file)) {
            throw new InvalidRunException("no output");
        }
        String ofSize = ALLOCATION + Long.toHexString(PacedPairs.SIZE) + " ";
        double samples = 0;
        double found = 0;
        try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                samples += line.startsWith(ALLOCATION) ? 1 : 0;
                found += line.startsWith(ofSize) ? 1 : 0;
            }
        }
        // It keeps no count of what it lets pass, so that what the program counted is the measure.
        Expectation.demand((long) samples, Double.NaN, 1);
        if (samples < run.value("operations") / 2 && run.workload().name().matches("unsafe.*|jni")) {
            throw new InvalidRunException((long) samples + " of " + (long) run.value("operations") + " allocations");
        }
        Map<Figure, Double> figures = new EnumMap<>(Figure.class);
        figures.put(Figure.SAMPLES, samples);
        figures.put(Figure.BYTES, Files.size(file) / samples);
        if (run.workload().kind() == Workload.Kind.PACED) {
            figures.put(Figure.MISSING, run.missing(found));
        }
        return figures;
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.it.peers;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * jemalloc instead of libc's allocator, with its profiler or, to tell the two apart, without.
 *
 * @param profiling whether it samples; every 512 KiB on average, as is its default
 */
record JemallocPeer(String name, String label, boolean profiling) implements Peer {
    private static final Path LIBRARY = Path.of("/usr/lib/x86_64-linux-gnu/libjemalloc.so.2");
    private static final long INTERVAL = 512 << 10;
    private static final String PREFIX = "jemalloc";
    private static final String STATISTICS = "Begin jemalloc statistics";

    /** The sums of a profile, with those over the whole run in brackets: objects, bytes. */
    private static final Pattern SUMS = Pattern.compile("\\s*t\\*: \\d+: \\d+ \\[(\\d+): (\\d+)\\]");

    @Override
    public Optional<String> missing() {
        return Files.isReadable(LIBRARY)
                ? Optional.empty()
                : Optional.of("not installed: Debian's package libjemalloc2");
    }

    @Override
    public boolean fits(Workload workload) {
        return workload.kind() != Workload.Kind.PACED;
    }

    @Override
    public Launch launch(Path directory) {
        String configuration = profiling
                ? "prof:true,prof_accum:true,prof_final:true,prof_prefix:" + directory.resolve(PREFIX)
                : "stats_print:true,stats_print_opts:mdablxeh";
        return Launch.environment(Map.of("LD_PRELOAD", LIBRARY.toString(), "MALLOC_CONF", configuration));
    }

    @Override
    public Map<Figure, Double> evidence(FinishedRun run) throws IOException, InvalidRunException {
        if (!profiling) {
            if (run.errors().stream().noneMatch(line -> line.contains(STATISTICS))) {
                throw new InvalidRunException("jemalloc is not there");
            }
            return Map.of();
        }
        Path profile = profile(run.directory());
        double samples = samples(Files.readAllLines(profile, StandardCharsets.ISO_8859_1));
        if (run.workload().kind() == Workload.Kind.STEADY) {
            Expectation.demand((long) samples, run.value("bytes"), INTERVAL);
        }
        Map<Figure, Double> figures = new EnumMap<>(Figure.class);
        figures.put(Figure.SAMPLES, samples);
        return figures;
    }

    private static Path profile(Path directory) throws IOException, InvalidRunException {
        try (Stream<Path> files = Files.list(directory)) {
            List<Path> profiles = files.filter(
                            file -> file.getFileName().toString().startsWith(PREFIX))
                    .toList();
            if (profiles.isEmpty()) {
                throw new InvalidRunException("no profile: is this jemalloc built with --enable-prof?");
            }
            return profiles.get(0);
        }
    }

    static long samples(List<String> profile) {
        return profile.stream()
                .map(SUMS::matcher)
                .filter(Matcher::matches)
                .findFirst()
                .map(matcher -> Long.parseLong(matcher.group(1)))
                .orElse(0L);
    }
}

package io.dwunw.it.demo;

import io.dwunw.it.json.JsonReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Prints what {@code jfr print --json --events dwunw.NativeLeak} says, read from standard input, as a table. */
public final class LeakReport {
    /** The leaks of one chunk are written together; those of an earlier chunk may have been freed since. */
    private static final Duration SAME_CHUNK = Duration.ofSeconds(1);

    private LeakReport() {}

    /** Argument: how many leaks to print. */
    public static void main(String[] args) throws IOException {
        List<Leak> leaks = read(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        print(leaks, Integer.parseInt(args[0]), new PrintStream(System.out, true, StandardCharsets.UTF_8));
        if (leaks.isEmpty()) {
            System.exit(1);
        }
    }

    /** The leaks at the end of the recording, largest first, one per site. */
    static List<Leak> read(Reader json) throws IOException {
        Map<?, ?> recording = Leak.object(Leak.object(JsonReader.read(json)).get("recording"));
        List<Leak> all = recording.get("events") instanceof List<?> events
                ? events.stream().map(event -> Leak.of(Leak.object(event))).toList()
                : List.of();
        Instant last =
                all.stream().map(Leak::time).max(Comparator.naturalOrder()).orElse(Instant.EPOCH);
        Map<String, Leak> bySite = new LinkedHashMap<>();
        all.stream()
                .filter(leak -> leak.time().isAfter(last.minus(SAME_CHUNK)))
                .sorted(Comparator.comparing(Leak::time))
                .forEach(leak -> bySite.put(leak.site(), leak));
        Collection<Leak> latest = bySite.values();
        return latest.stream()
                .sorted(Comparator.comparingLong(Leak::outstanding).reversed())
                .toList();
    }

    static void print(List<Leak> leaks, int limit, PrintStream out) {
        if (leaks.isEmpty()) {
            out.println("No native leaks in this recording.");
            return;
        }
        long total = leaks.stream().mapToLong(Leak::outstanding).sum();
        out.printf(Locale.ROOT, "%d sites hold %s; the largest:%n%n", leaks.size(), inBytes(total));
        out.printf(Locale.ROOT, "%3s %12s %9s  %-16s  %s%n", "#", "outstanding", "blocks", "site", "stack");
        int rank = 0;
        for (Leak leak : leaks.subList(0, Math.min(limit, leaks.size()))) {
            String lead = String.format(
                    Locale.ROOT,
                    "%3d %12s %9d  %-16s  ",
                    ++rank,
                    inBytes(leak.outstanding()),
                    leak.blocks(),
                    leak.site());
            for (Leak.Frame frame : leak.stackToApplication()) {
                out.println(lead + frame);
                lead = " ".repeat(lead.length());
            }
            out.println();
        }
    }

    private static String inBytes(long bytes) {
        if (bytes < 1 << 20) {
            return String.format(Locale.ROOT, "%.1f KiB", bytes / 1024.0);
        }
        return String.format(Locale.ROOT, "%.1f MiB", bytes / 1024.0 / 1024.0);
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.it.demo;

import io.dwunw.it.json.JsonReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Prints what {@code jfr print --json --events dwunw.NativeLeak} says, read from standard input, as a table. */
public final class LeakReport {
    private static final int MAX_JVM_FRAMES = 8;

    private LeakReport() {}

    /** Argument: how many leaks to print. */
    public static void main(String[] args) throws IOException {
        List<Leak> leaks = read(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        print(leaks, Integer.parseInt(args[0]), new PrintStream(System.out, true, StandardCharsets.UTF_8));
        if (leaks.isEmpty()) {
            System.exit(1);
        }
    }

    /** The leaks at the end of the recording, one per site; first those that surely hold most. */
    static List<Leak> read(Reader json) throws IOException {
        Map<?, ?> recording = Leak.object(Leak.object(JsonReader.read(json)), "recording");
        List<Leak> all = recording.get("events") instanceof List<?> events
                ? events.stream().map(event -> Leak.of(Leak.object(event))).toList()
                : List.of();
        // Those of an earlier chunk's report may be freed since.
        long last = all.stream().mapToLong(Leak::report).max().orElse(0);
        return all.stream()
                .filter(leak -> leak.report() == last)
                .sorted(Comparator.comparingLong(Leak::outstandingLow).reversed())
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
            List<Leak.Frame> stack = leak.stackToApplication();
            boolean inApplication =
                    !stack.isEmpty() && stack.get(stack.size() - 1).isApplication();
            // A stack that never comes to the application is the JVM's own: its top tells enough.
            int shown = inApplication ? stack.size() : Math.min(stack.size(), MAX_JVM_FRAMES);
            for (Leak.Frame frame : stack.subList(0, shown)) {
                out.println(lead + frame);
                lead = " ".repeat(lead.length());
            }
            if (shown < stack.size()) {
                out.println(lead + "... and " + (stack.size() - shown) + " more frames of the JVM");
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

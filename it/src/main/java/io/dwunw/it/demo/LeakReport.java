// SPDX-License-Identifier: MIT
package io.dwunw.it.demo;

import io.dwunw.it.json.JsonReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Printer of what {@code jfr print --json --events dwunw.NativeLeak,dwunw.NativeLeakReport} says, read from standard
 * input, as a table.
 */
public final class LeakReport {
    private static final int MAX_JVM_FRAMES = 8;
    private static final String HEAD = "dwunw.NativeLeakReport";

    /**
     * Last report of a recording.
     *
     * @param leaks one per site; first those that surely hold most
     * @param youngerBlocks estimate of the live blocks that are not old enough to be called a leak
     * @param youngerBytes estimate of their bytes
     */
    record Findings(List<Leak> leaks, long youngerBlocks, long youngerBytes) {}

    private LeakReport() {}

    /** Argument: how many leaks to print. */
    public static void main(String[] args) throws IOException {
        Findings findings = read(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        print(findings, Integer.parseInt(args[0]), new PrintStream(System.out, true, StandardCharsets.UTF_8));
        if (findings.leaks().isEmpty()) {
            System.exit(1);
        }
    }

    /** The last report: what an earlier one shows may be freed since. */
    static Findings read(Reader json) throws IOException {
        Map<?, ?> recording = Leak.object(Leak.object(JsonReader.read(json)), "recording");
        List<Leak> leaks = new ArrayList<>();
        long last = 0;
        long youngerBlocks = 0;
        long youngerBytes = 0;
        for (Object event : recording.get("events") instanceof List<?> events ? events : List.of()) {
            Map<?, ?> values = Leak.object(Leak.object(event), "values");
            long report = Leak.number(values, "report");
            if (report > last) {
                last = report;
                youngerBlocks = 0;
                youngerBytes = 0;
            }
            if (!HEAD.equals(Leak.object(event).get("type"))) {
                leaks.add(Leak.of(Leak.object(event)));
            } else if (report == last) {
                youngerBlocks = Leak.number(values, "youngerBlocks");
                youngerBytes = Leak.number(values, "youngerBytes");
            }
        }
        long newest = last;
        List<Leak> atEnd = leaks.stream()
                .filter(leak -> leak.report() == newest)
                .sorted(Comparator.comparingLong(Leak::outstandingLow).reversed())
                .toList();
        return new Findings(atEnd, youngerBlocks, youngerBytes);
    }

    static void print(Findings findings, int limit, PrintStream out) {
        if (findings.leaks().isEmpty()) {
            out.println("No native leaks in this recording.");
        } else {
            print(findings.leaks(), limit, out);
        }
        out.printf(
                Locale.ROOT,
                "younger blocks: %d, %s (not old enough to be called a leak)%n",
                findings.youngerBlocks(),
                inBytes(findings.youngerBytes()));
    }

    private static void print(List<Leak> leaks, int limit, PrintStream out) {
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

// SPDX-License-Identifier: MIT
package io.dwunw.agent;

import io.dwunw.agent.bpf.AllocatorPair;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Writes options as a user would, all of them, and merges what was written at several starts. Cold. */
final class OptionText {
    private static final String SEPARATOR = ",";

    private OptionText() {}

    /** All options with their values, in a form that {@link AgentOptions#parse} reads. */
    static String of(AgentOptions options) {
        List<String> all = new ArrayList<>(changeable(options));
        all.addAll(fixed(options));
        return String.join(SEPARATOR, all);
    }

    private static List<String> changeable(AgentOptions options) {
        return List.of(
                "interval="
                        + (options.interval() == AgentOptions.AUTO_INTERVAL
                                ? "auto"
                                : OptionValues.inBytes(options.interval())),
                "minage=" + inTime(options.minAge()),
                "maxoverhead=" + inPercent(options.maxOverhead()),
                "maxevents=" + (options.maxEvents() == 0 ? "off" : options.maxEvents()),
                "report=" + (options.report().isZero() ? "off" : inTime(options.report())));
    }

    private static List<String> fixed(AgentOptions options) {
        List<String> fixed = new ArrayList<>(List.of(
                "engine=" + options.engine().text(),
                "stack=" + OptionValues.inBytes(options.stackBytes()),
                "depth=" + options.depth(),
                "hidden=" + options.hidden()));
        for (AllocatorPair pair : options.pairs()) {
            fixed.add("pair=" + PairOption.text(pair));
        }
        return fixed;
    }

    /** Keys of what differs and cannot change in a running JVM, in the order of the text. */
    static List<String> fixedDifferences(AgentOptions inForce, AgentOptions wanted) {
        List<String> keys = new ArrayList<>();
        if (inForce.engine() != wanted.engine()) {
            keys.add("engine");
        }
        if (inForce.stackBytes() != wanted.stackBytes()) {
            keys.add("stack");
        }
        if (inForce.depth() != wanted.depth()) {
            keys.add("depth");
        }
        if (inForce.hidden() != wanted.hidden()) {
            keys.add("hidden");
        }
        if (!inForce.pairs().equals(wanted.pairs())) {
            keys.add("pair");
        }
        return keys;
    }

    /**
     * Puts a later argument over an earlier one: what it does not name stays as it was, said or left to its default.
     *
     * @param earlier without mistakes
     */
    static String merged(String earlier, String later) {
        if (later.isBlank()) {
            return earlier;
        }
        List<String> laterKeys = new ArrayList<>();
        for (String pair : later.split(SEPARATOR, -1)) {
            laterKeys.add(key(pair));
        }
        List<String> all = new ArrayList<>();
        for (String pair : earlier.split(SEPARATOR, -1)) {
            if (!pair.isBlank() && !laterKeys.contains(key(pair))) {
                all.add(pair);
            }
        }
        all.add(later);
        return String.join(SEPARATOR, all);
    }

    private static String key(String pair) {
        int equals = pair.indexOf('=');
        return (equals < 0 ? pair : pair.substring(0, equals)).strip().toLowerCase(Locale.ROOT);
    }

    private static String inTime(Duration time) {
        long millis = time.toMillis();
        if (millis % 1000 != 0) {
            return millis + "ms";
        }
        return millis / 1000 + "s";
    }

    private static String inPercent(double part) {
        if (part == 0) {
            return "off";
        }
        double percent = Math.round(part * 1e8) / 1e6;
        return (percent == (long) percent ? Long.toString((long) percent) : Double.toString(percent)) + "%";
    }
}

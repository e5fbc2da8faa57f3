// SPDX-License-Identifier: MIT
package io.dwunw.agent.truth;

import io.dwunw.agent.truth.ChildJvm.Outcome;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sums of what all programs of a test reported, summed up by JDK. Not thread-safe. */
final class Totals {
    private static final Pattern NUMBER = Pattern.compile("(\\w+)=(\\d+)");

    private final Map<Integer, Map<String, Long>> byFeature = new TreeMap<>();

    /** Adds every number of the program's result line. */
    void add(int feature, Outcome outcome) {
        Map<String, Long> sums = byFeature.computeIfAbsent(feature, none -> new LinkedHashMap<>());
        int result = outcome.output().lastIndexOf("RESULT ");
        if (result >= 0) {
            Matcher number = NUMBER.matcher(outcome.output().substring(result));
            while (number.find()) {
                sums.merge(number.group(1), Long.parseLong(number.group(2)), Long::sum);
            }
        }
    }

    /** The sum of all numbers of that name. */
    long sum(int feature, String name) {
        return byFeature.getOrDefault(feature, Map.of()).getOrDefault(name, 0L);
    }

    void print() {
        byFeature.forEach((feature, sums) -> System.out.println("TOTAL JDK " + feature + " " + sums));
    }
}

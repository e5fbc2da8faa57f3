// SPDX-License-Identifier: MIT
package io.dwunw.it.peers;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The line of {@code key=number} words that a program prints last. */
final class ProgramLine {
    private static final Pattern WORD = Pattern.compile("(\\w+)=(-?\\d+(?:\\.\\d+)?)");

    private ProgramLine() {}

    /** Numbers by key, of the last line that has nothing but such words. Empty if there is none. */
    static Map<String, Double> parse(List<String> output) {
        Map<String, Double> found = Map.of();
        for (String line : output) {
            Map<String, Double> values = values(line);
            if (!values.isEmpty()) {
                found = values;
            }
        }
        return found;
    }

    private static Map<String, Double> values(String line) {
        Map<String, Double> values = new LinkedHashMap<>();
        for (String word : line.strip().split("\\s+", -1)) {
            Matcher matcher = WORD.matcher(word);
            if (!matcher.matches()) {
                return Map.of();
            }
            values.put(matcher.group(1), Double.valueOf(matcher.group(2)));
        }
        return values;
    }
}

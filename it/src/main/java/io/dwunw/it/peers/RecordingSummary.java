// SPDX-License-Identifier: MIT
package io.dwunw.it.peers;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Summary that {@code jfr summary} gives of a recording.
 *
 * @param events by the name of their type
 */
record RecordingSummary(Map<String, Events> events) {
    /** An event type's line: name, count, bytes. */
    private static final Pattern LINE = Pattern.compile("\\s*([A-Za-z][\\w.$]*)\\s+(\\d+)\\s+(\\d+)\\s*");

    private static final Events NONE = new Events(0, 0);

    /** Number of events of a type, and their bytes together. */
    record Events(long count, long bytes) {}

    static RecordingSummary parse(List<String> output) {
        Map<String, Events> events = new HashMap<>();
        for (String line : output) {
            Matcher matcher = LINE.matcher(line);
            if (matcher.matches() && matcher.group(1).contains(".")) {
                events.put(
                        matcher.group(1),
                        new Events(Long.parseLong(matcher.group(2)), Long.parseLong(matcher.group(3))));
            }
        }
        return new RecordingSummary(Map.copyOf(events));
    }

    Events of(String type) {
        return events.getOrDefault(type, NONE);
    }

    /** Bytes of all events whose type begins so. */
    long bytesOf(String prefix) {
        return events.entrySet().stream()
                .filter(entry -> entry.getKey().startsWith(prefix))
                .mapToLong(entry -> entry.getValue().bytes())
                .sum();
    }
}

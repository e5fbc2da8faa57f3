package io.dwunw.it.recording;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What is outstanding at the end of a recording. */
public final class Leaks {
    /** The leaks of one chunk are committed in one go, without such a pause; an earlier chunk's may be freed since. */
    private static final Duration PAUSE = Duration.ofMillis(500);

    private Leaks() {}

    /** The last leak event of every site that still is one. */
    public static List<AgentEvent> atEnd(Path recording) throws IOException {
        List<AgentEvent> all = new ConsumerReader().read(recording, AgentEvent.LEAK);
        Map<String, AgentEvent> bySite = new LinkedHashMap<>();
        Instant previous = Instant.EPOCH;
        for (AgentEvent event : all) {
            if (event.time().isAfter(previous.plus(PAUSE))) {
                bySite.clear();
            }
            bySite.put(event.text("site"), event);
            previous = event.time();
        }
        return List.copyOf(bySite.values());
    }

    /** Those whose stack passes the method. */
    public static List<AgentEvent> atEnd(Path recording, String method) throws IOException {
        return atEnd(recording).stream().filter(event -> event.passes(method)).toList();
    }

    /** Sum of a field. */
    public static long sum(List<AgentEvent> events, String field) {
        return events.stream().mapToLong(event -> event.number(field)).sum();
    }
}

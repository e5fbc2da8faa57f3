// SPDX-License-Identifier: MIT
package io.dwunw.it.recording;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Leaks that are outstanding at the end of a recording. */
public final class Leaks {
    private Leaks() {}

    /** The sites of the last report; those of an earlier chunk's may be freed since. */
    public static List<AgentEvent> atEnd(Path recording) throws IOException {
        List<AgentEvent> all = new ConsumerReader().read(recording, AgentEvent.LEAK);
        long last =
                all.stream().mapToLong(event -> event.number("report")).max().orElse(0);
        return all.stream().filter(event -> event.number("report") == last).toList();
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

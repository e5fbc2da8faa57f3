// SPDX-License-Identifier: MIT
package io.dwunw.it.recording;

import io.dwunw.it.harness.Jdk;
import io.dwunw.it.harness.Tool;
import io.dwunw.it.json.JsonReader;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code jfr print --json} of a JDK. */
public record JfrToolReader(Jdk jdk) implements RecordingReader {
    @Override
    public List<AgentEvent> read(Path recording, String eventType) throws IOException {
        String json = Tool.run(
                jdk, "jfr", "print", "--json", "--stack-depth", "64", "--events", eventType, recording.toString());
        Map<?, ?> document =
                object(object(JsonReader.read(new StringReader(json))).get("recording"));
        return array(document.get("events")).stream()
                .map(event -> agentEvent(object(event)))
                .toList();
    }

    private static AgentEvent agentEvent(Map<?, ?> event) {
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        List<Frame> stack = new ArrayList<>();
        object(event.get("values")).forEach((key, value) -> {
            if (key.equals("stackTrace")) {
                array(object(value).get("frames")).forEach(frame -> stack.add(frame(object(frame))));
            } else if (!key.equals("startTime")) {
                values.put(String.valueOf(key), value(value));
            }
        });
        Object start = object(event.get("values")).get("startTime");
        Instant time = OffsetDateTime.parse(String.valueOf(start)).toInstant();
        return new AgentEvent(String.valueOf(event.get("type")), time, values, stack);
    }

    private static @Nullable Object value(@Nullable Object json) {
        if (json instanceof Map<?, ?> thread) {
            return thread.get("javaName");
        }
        if (json instanceof String text && text.startsWith("PT")) {
            return Duration.parse(text).toNanos();
        }
        return json == JsonReader.NULL ? null : json;
    }

    private static Frame frame(Map<?, ?> frame) {
        Map<?, ?> method = object(frame.get("method"));
        return Frame.shown(
                String.valueOf(object(method.get("type")).get("name")),
                String.valueOf(method.get("name")),
                frame.get("lineNumber") instanceof Number line ? line.intValue() : 0);
    }

    private static Map<?, ?> object(@Nullable Object json) {
        return json instanceof Map<?, ?> map ? map : Map.of();
    }

    private static List<?> array(@Nullable Object json) {
        return json instanceof List<?> list ? list : List.of();
    }
}

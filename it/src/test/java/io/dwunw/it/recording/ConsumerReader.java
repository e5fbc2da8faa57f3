// SPDX-License-Identifier: MIT
package io.dwunw.it.recording;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jdk.jfr.ValueDescriptor;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordedThread;
import jdk.jfr.consumer.RecordingFile;
import org.jspecify.annotations.Nullable;

/** {@code jdk.jfr.consumer} of the JVM that runs the tests. */
public final class ConsumerReader implements RecordingReader {
    @Override
    public List<AgentEvent> read(Path recording, String eventType) throws IOException {
        List<RecordedEvent> events = new ArrayList<>();
        try (RecordingFile file = new RecordingFile(recording)) {
            while (file.hasMoreEvents()) {
                RecordedEvent event = file.readEvent();
                if (event.getEventType().getName().equals(eventType)) {
                    events.add(event);
                }
            }
        }
        return events.stream()
                .sorted(Comparator.comparing(RecordedEvent::getStartTime))
                .map(ConsumerReader::agentEvent)
                .toList();
    }

    /** The common form of an event. */
    public static AgentEvent agentEvent(RecordedEvent event) {
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        for (ValueDescriptor field : event.getFields()) {
            String name = field.getName();
            if (!name.equals("stackTrace") && !name.equals("startTime")) {
                values.put(name, value(event, field));
            }
        }
        List<Frame> stack = event.getStackTrace() == null
                ? List.of()
                : event.getStackTrace().getFrames().stream()
                        .map(ConsumerReader::frame)
                        .toList();
        return new AgentEvent(event.getEventType().getName(), event.getStartTime(), values, stack);
    }

    private static @Nullable Object value(RecordedEvent event, ValueDescriptor field) {
        String name = field.getName();
        if (field.getContentType() != null && field.getContentType().equals("jdk.jfr.Timespan")) {
            Duration duration = event.getDuration(name);
            return duration.toNanos();
        }
        Object value = event.getValue(name);
        return value instanceof RecordedThread thread ? thread.getJavaName() : value;
    }

    private static Frame frame(RecordedFrame frame) {
        return Frame.shown(
                frame.getMethod().getType().getName(), frame.getMethod().getName(), frame.getLineNumber());
    }
}

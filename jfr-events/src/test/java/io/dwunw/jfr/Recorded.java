// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordingFile;

/** Reads back what was committed. */
final class Recorded {
    static final String RUN_FRAME = ReplayThread.class.getName() + ".run()";
    static final String ROOT_FRAME = "dwunw.stack()";

    private Recorded() {}

    /** A recording in which only the named events of dwunw are enabled. */
    static Recording start(String... eventNames) {
        Recording recording = new Recording();
        for (String name : List.of("NativeAllocation", "NativeFree", "NativeLeak", "AgentStatistics")) {
            boolean wanted = List.of(eventNames).contains(name);
            if (wanted) {
                recording.enable("dwunw." + name);
            } else {
                recording.disable("dwunw." + name);
            }
        }
        recording.start();
        return recording;
    }

    /** Stops the recording; its events are those of dwunw, in order of commit. */
    static List<RecordedEvent> stop(Recording recording) throws IOException {
        recording.stop();
        Path file = Files.createTempFile("dwunw-test", ".jfr");
        try {
            recording.dump(file);
            return RecordingFile.readAllEvents(file).stream()
                    .filter(event -> event.getEventType().getName().startsWith("dwunw."))
                    .sorted(Comparator.comparing(RecordedEvent::getStartTime))
                    .toList();
        } finally {
            recording.close();
            Files.delete(file);
        }
    }

    /** Publishes one allocation event for each stack, in order, and returns the events. */
    static List<RecordedEvent> publish(StackReplay replay, List<List<FrameName>> stacks) throws Exception {
        try (QueuePublisher publisher = QueuePublisher.started(replay);
                Recording recording = start("NativeAllocation")) {
            for (int i = 0; i < stacks.size(); i++) {
                NativeAllocationEvent event = new NativeAllocationEvent();
                event.address = i;
                publisher.put(new Publication(event, replay.prepare(stacks.get(i))));
            }
            publisher.await();
            assertThat(publisher.failures()).isEmpty();
            return stop(recording);
        }
    }

    /** The replayed part of {@link #stack}: without the two frames of noise, which must be there. */
    static List<String> replayed(RecordedEvent event) {
        List<String> all = stack(event);
        int end = all.size() - ReplayThread.NOISE_FRAMES;
        assertThat(all.subList(end, all.size())).containsExactly(ROOT_FRAME, RUN_FRAME);
        return all.subList(0, end);
    }

    /** {@code class.method(types):line}, innermost first. */
    static List<String> stack(RecordedEvent event) {
        return event.getStackTrace().getFrames().stream().map(Recorded::frame).toList();
    }

    private static String frame(RecordedFrame frame) {
        String line = frame.getLineNumber() > 0 ? ":" + frame.getLineNumber() : "";
        String descriptor = frame.getMethod().getDescriptor();
        String arguments = descriptor.equals("()V") ? "()" : descriptor;
        boolean ours = frame.getMethod().getType().getName().startsWith("io.dwunw");
        return frame.getMethod().getType().getName()
                + '.'
                + frame.getMethod().getName()
                + arguments
                + (ours ? "" : line);
    }
}

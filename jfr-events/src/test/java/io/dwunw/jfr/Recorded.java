package io.dwunw.jfr;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
        for (String name : eventNames) {
            recording.enable("dwunw." + name).withStackTrace();
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
                    .sorted((a, b) -> a.getStartTime().compareTo(b.getStartTime()))
                    .toList();
        } finally {
            recording.close();
            Files.delete(file);
        }
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

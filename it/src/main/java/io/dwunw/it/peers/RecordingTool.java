// SPDX-License-Identifier: MIT
package io.dwunw.it.peers;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A JDK's {@code jfr}. */
final class RecordingTool {
    private RecordingTool() {}

    /** Event types with their numbers and bytes. */
    static RecordingSummary summary(Jvm jvm, Path recording) throws IOException {
        Path directory = Files.createTempDirectory("dwunw-summary");
        try {
            Command.Outcome outcome =
                    Command.run(directory, Map.of(), List.of(jvm.tool("jfr"), "summary", recording.toString()));
            if (outcome.exitCode() != 0) {
                throw new IOException(recording + ": " + outcome.tail());
            }
            return RecordingSummary.parse(outcome.out());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw (IOException) new InterruptedIOException(recording.toString()).initCause(e);
        } finally {
            Scratch.delete(directory);
        }
    }
}

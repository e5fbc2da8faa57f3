// SPDX-License-Identifier: MIT
package io.dwunw.it.recording;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A way to read a recording. */
public interface RecordingReader {
    /** The events of one type, in order of time. */
    List<AgentEvent> read(Path recording, String eventType) throws IOException;
}

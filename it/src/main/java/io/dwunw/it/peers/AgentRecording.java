// SPDX-License-Identifier: MIT
package io.dwunw.it.peers;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;

/**
 * Statistics that the agent gives of itself at the end of a recording, and what it took in the measured time.
 *
 * @param engine how allocations were caught; empty if there are no statistics
 * @param samples allocations sampled
 * @param lost samples and frees that found the ring full
 * @param sidecarNanos CPU time of the sidecar
 * @param measured allocation events since the measured time began; the last of its samples may come late
 * @param ofSize allocation events of the size that was looked for
 */
record AgentRecording(String engine, long samples, long lost, long sidecarNanos, long measured, long ofSize) {

    /**
     * Reads it.
     *
     * @param from begin of the measured time, milliseconds of the epoch; NaN for that of the recording
     */
    static AgentRecording read(Path file, double from, long size) throws IOException {
        Instant begin = Double.isNaN(from) ? Instant.MIN : Instant.ofEpochMilli((long) from);
        String engine = "";
        long samples = 0;
        long lost = 0;
        long sidecar = 0;
        long measured = 0;
        long ofSize = 0;
        try (RecordingFile recording = new RecordingFile(file)) {
            while (recording.hasMoreEvents()) {
                RecordedEvent event = recording.readEvent();
                switch (event.getEventType().getName()) {
                    case "dwunw.AgentStatistics" -> {
                        // Counters only grow, and events of several threads come in no order.
                        engine = String.valueOf(event.getString("engine"));
                        samples = Math.max(samples, event.getLong("samples"));
                        lost = Math.max(lost, event.getLong("lost"));
                        sidecar = Math.max(
                                sidecar, event.getDuration("sidecarCpuTime").toNanos());
                    }
                    case "dwunw.NativeAllocation" -> {
                        measured += event.getStartTime().isBefore(begin) ? 0 : 1;
                        ofSize += event.getLong("size") == size ? 1 : 0;
                    }
                    default -> {
                        // The JVM's own.
                    }
                }
            }
        }
        return new AgentRecording(engine, samples, lost, sidecar, measured, ofSize);
    }
}

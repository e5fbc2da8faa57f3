// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AgentStatesTest {
    private final AgentStates states = AgentStates.install("interval=512k");

    @AfterEach
    void close() {
        states.close();
    }

    @Test
    void eachRecordingSaysWhyNothingIsTraced() throws Exception {
        states.notTracing("unknown option 'intervall'");
        for (int i = 0; i < 2; i++) {
            List<RecordedEvent> events = record();
            assertThat(events).isNotEmpty().allSatisfy(event -> {
                assertThat(event.getEventType().getName()).isEqualTo("dwunw.AgentState");
                assertThat(event.getString("state")).isEqualTo("not tracing");
                assertThat(event.getString("reason")).isEqualTo("unknown option 'intervall'");
                assertThat(event.getString("options")).isEqualTo("interval=512k");
                assertThat(event.getString("engine")).isEmpty();
                assertThat(event.getInstant("since")).isBefore(event.getStartTime());
                assertThat(event.getStackTrace()).isNull();
            });
        }
    }

    @Test
    void aChangeIsAnEventOfItsOwnAndARepetitionIsNone() throws Exception {
        List<RecordedEvent> events = record(
                () -> states.tracing("hooks"),
                () -> states.tracing("hooks"),
                () -> states.options("interval=64k"),
                () -> states.resting("hooks"));
        assertThat(events.subList(1, events.size()))
                .extracting(event -> event.getString("state") + " " + event.getString("options"))
                .startsWith("tracing interval=512k", "tracing interval=64k", "resting interval=64k")
                .endsWith("resting interval=64k")
                .hasSizeBetween(3, 4);
        assertThat(events.get(2).getInstant("since")).isEqualTo(events.get(1).getInstant("since"));
    }

    @Test
    void aChunkBeginsWithIt() throws Exception {
        List<RecordedEvent> events = record(() -> states.tracing("hooks"));
        assertThat(events.get(0).getString("reason")).isEqualTo("not ready yet");
    }

    @Test
    void whoSwitchesItOffGetsNone() throws Exception {
        Recording recording = new Recording();
        recording.disable("dwunw.AgentState");
        recording.start();
        states.tracing("hooks");
        assertThat(Recorded.stop(recording)).isEmpty();
    }

    private static List<RecordedEvent> record(Runnable... changes) throws Exception {
        Recording recording = new Recording();
        recording.start();
        for (Runnable change : changes) {
            change.run();
        }
        return Recorded.stop(recording);
    }
}

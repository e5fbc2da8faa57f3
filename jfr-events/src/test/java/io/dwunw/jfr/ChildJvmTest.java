// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Recordings that the command line starts, as users do, from the JVM's start to its end. */
class ChildJvmTest {
    private Path recording = Path.of("");

    @BeforeEach
    void reserve() throws Exception {
        recording = Files.createTempFile("dwunw-test", ".jfr");
    }

    @AfterEach
    void delete() throws Exception {
        Files.deleteIfExists(recording);
    }

    private String startRecording() {
        return "-XX:StartFlightRecording:filename=" + recording;
    }

    private List<RecordedEvent> events(String type) throws Exception {
        return RecordingFile.readAllEvents(recording).stream()
                .filter(event -> event.getEventType().getName().equals("dwunw." + type))
                .toList();
    }

    private int deepest() throws Exception {
        return events("NativeAllocation").stream()
                .mapToInt(event -> Recorded.replayed(event).size())
                .max()
                .orElse(0);
    }

    @ParameterizedTest
    @EnumSource
    void theAgentRaisesTheDepth(Jdk jdk) throws Exception {
        Jdk.Output output =
                jdk.run("internal", List.of(startRecording()), "publish").succeeded();

        assertThat(output.text()).contains("depth=256 ", "wanted=true", "failures=0[]");
        assertThat(output.text()).as("never while recording").contains("later=256");
        assertThat(deepest()).isEqualTo(ChildProgram.DEEP);
    }

    @ParameterizedTest
    @EnumSource
    void theAgentRaisesTheDepthByJmx(Jdk jdk) throws Exception {
        Jdk.Output output = jdk.run("jmx", List.of(startRecording()), "publish").succeeded();

        assertThat(output.text()).contains("depth=256 ");
        assertThat(deepest()).isEqualTo(ChildProgram.DEEP);
    }

    @ParameterizedTest
    @EnumSource
    void theUsersOptionsStay(Jdk jdk) throws Exception {
        String options = "-XX:FlightRecorderOptions:stackdepth=512,maxchunksize=1m";
        Jdk.Output output = jdk.run("internal", List.of(startRecording(), options), "publish")
                .succeeded();

        assertThat(output.text()).contains("depth=512 ");
        assertThat(deepest()).isEqualTo(ChildProgram.DEEP);
    }

    @ParameterizedTest
    @EnumSource
    void withoutTheDepthTheMiddleIsLeftOut(Jdk jdk) throws Exception {
        jdk.run("none", List.of(startRecording()), "publish").succeeded();

        assertThat(deepest()).isEqualTo(RecordingDepth.DEFAULT - ReplayThread.NOISE_FRAMES);
    }

    @ParameterizedTest
    @EnumSource
    void eachChunkHasItsLeaks(Jdk jdk) throws Exception {
        String options = "-XX:FlightRecorderOptions:maxchunksize=1m";
        Jdk.Output output = jdk.run("internal", List.of(startRecording(), options), "chunks")
                .succeeded();

        assertThat(output.text()).contains("depth=256 ", "failures=0[]");
        assertThat(events("NativeAllocation")).hasSize(800);
        int chunks = chunks(jdk);
        assertThat(chunks).isGreaterThan(1);
        assertThat(events("NativeLeak")).hasSize(chunks * ChunkEndPublisher.LEAKS);
        assertThat(events("AgentStatistics")).isNotEmpty();
    }

    private int chunks(Jdk jdk) throws Exception {
        String summary =
                jdk.tool("jfr", "summary", recording.toString()).succeeded().text();
        return Integer.parseInt(summary.replaceAll("(?s).*Chunks: (\\d+).*", "$1"));
    }

    @ParameterizedTest
    @EnumSource
    void leaksAreThereWhenTheProgramExits(Jdk jdk) throws Exception {
        Jdk.Output output = jdk.run("internal", List.of(startRecording()), "exit");

        assertThat(output.exitCode()).as(output.text()).isEqualTo(3);
        assertThat(events("NativeLeak")).hasSize(ChunkEndPublisher.LEAKS);
    }

    @ParameterizedTest
    @EnumSource
    void classesRewrittenByOtherAgentsReplayTheSame(Jdk jdk) throws Exception {
        Jdk.Output output =
                jdk.run("internal", List.of(startRecording()), "transform").succeeded();

        assertThat(output.text()).contains("transformed=true", "failures=0[]");
        List<RecordedEvent> events = events("NativeAllocation");
        int half = ChildProgram.STACKS.size();
        assertThat(events).hasSize(2 * half);
        for (int i = 0; i < half; i++) {
            assertThat(Recorded.replayed(events.get(i))).isEqualTo(Recorded.replayed(events.get(i + half)));
        }
    }

    /** A thread that waits for the publisher holds JFR's lock: the publisher must never want it. */
    @ParameterizedTest
    @EnumSource
    void recordingsThatStartAndStopAllTheTimeDoNotDeadlock(Jdk jdk) throws Exception {
        Jdk.Output output = jdk.run("internal", List.of(), "churn").succeeded();

        assertThat(output.text()).contains("failures=0[]");
        long longest = Long.parseLong(output.text().replaceAll("(?s).*<(\\d+)>.*", "$1"));
        assertThat(longest).as("ms").isLessThan(Rendezvous.PATIENCE.toMillis() / 2);
    }

    /** Loading an event class makes JFR set itself up, which no program should pay for that is not recorded. */
    @ParameterizedTest
    @EnumSource
    void withoutARecordingNoEventClassIsLoaded(Jdk jdk) throws Exception {
        Jdk.Output output =
                jdk.run(IdleProgram.class, "", List.of("-Xlog:class+load")).succeeded();

        assertThat(output.text())
                .contains("wanted=false", RecordingHooks.class.getName())
                .doesNotContain("io.dwunw.jfr.NativeAllocationEvent")
                .doesNotContain("jdk.jfr.internal.MetadataRepository");
    }

    @ParameterizedTest
    @EnumSource
    void freesAreRecordedOnDemand(Jdk jdk) throws Exception {
        jdk.run("internal", List.of(startRecording() + ",+dwunw.NativeFree#enabled=true"), "publish")
                .succeeded();

        assertThat(events("NativeFree")).hasSize(1);
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.it.harness.JvmCommand;
import io.dwunw.it.harness.JvmOutcome;
import io.dwunw.it.harness.JvmTest;
import io.dwunw.it.harness.Need;
import io.dwunw.it.harness.PublicCopy;
import io.dwunw.it.harness.RunningJvm;
import io.dwunw.it.program.Greeting;
import io.dwunw.it.program.NativeLayers;
import io.dwunw.it.program.Steps;
import io.dwunw.it.recording.AgentEvent;
import io.dwunw.it.recording.ConsumerReader;
import io.dwunw.it.recording.Leaks;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import jdk.jfr.consumer.RecordingFile;

/** A recording without leaks says why there are none, and one of a killed program has those found until then. */
final class SilenceIT {
    private static final String[] NOBODY = {
        "setpriv", "--reuid", "65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"
    };
    /** Generous, because the machine may be busy. */
    private static final long PATIENCE_NANOS = 120_000_000_000L;

    @JvmTest(
            main = Steps.class,
            agent = "engine=hooks-self,interval=1,stack=16k,minage=100ms,report=1s",
            recording = "settings=none,+dwunw.NativeLeak#enabled=true",
            needs = {})
    void aKilledProgramLeavesItsLeaksInTheRepository(JvmCommand command) throws Exception {
        Path repository = command.directory().resolve("repository");
        JvmCommand kept = command.jvm("-XX:FlightRecorderOptions:repository=" + repository);
        try (RunningJvm jvm = kept.start()) {
            jvm.awaitLine("ready=");
            jvm.step("await");
            jvm.step("leak");
            long begun = System.nanoTime();
            while (leaks(repository).isEmpty()) {
                assertThat(System.nanoTime() - begun)
                        .as("patience of " + repository)
                        .isLessThan(PATIENCE_NANOS);
                Thread.sleep(200);
            }
        } // killed by SIGKILL
        List<AgentEvent> leaks = leaks(repository);
        assertThat(leaks).hasSize(1);
        assertThat(leaks.get(0).number("outstandingBlocks")).isEqualTo(NativeLayers.COUNT);
        assertThat(leaks.get(0).number("outstanding")).isEqualTo(NativeLayers.COUNT * Steps.SIZE);
        assertThat(leaks.get(0).text("frames")).contains("dwunwit_c_layers", "Steps.main");
        Path chunk = chunk(repository).orElseThrow();
        List<AgentEvent> reports = new ConsumerReader().read(chunk, AgentEvent.LEAK_REPORT);
        assertThat(reports.get(reports.size() - 1).text("occasion")).isEqualTo("periodic");
        assertThat(reports).allSatisfy(event -> {
            assertThat(event.number("publishedSites")).isLessThanOrEqualTo(100);
            assertThat(event.number("publishedSites")).isLessThanOrEqualTo(event.number("sites"));
        });
        assertThat(state(chunk).text("state")).isEqualTo("tracing");
    }

    @JvmTest(
            main = NativeLayers.class,
            args = "1000",
            agent = "engine=hooks-self,interval=1k,minage=1h,report=300ms",
            needs = {})
    void aProgramShorterThanTheMinimumAgeSaysHowMuchIsYounger(JvmOutcome jvm) throws IOException {
        assertThat(new ConsumerReader().read(jvm.recording(), AgentEvent.LEAK)).isEmpty();
        List<AgentEvent> reports = new ConsumerReader().read(jvm.recording(), AgentEvent.LEAK_REPORT);
        AgentEvent last = reports.get(reports.size() - 1);
        assertThat(last.text("occasion")).isEqualTo("chunk end");
        assertThat(last.number("sites")).isZero();
        assertThat(last.number("outstanding")).isZero();
        assertThat(last.number("youngerBlocks")).isGreaterThanOrEqualTo(3 * NativeLayers.COUNT);
        assertThat(last.number("youngerBytes")).isGreaterThan(3 * NativeLayers.COUNT * NativeLayers.C_SIZE / 2);
        assertThat(last.number("minimumAge")).isEqualTo(3_600_000_000_000L);
        assertThat(last.number("report")).isEqualTo(reports.size());
    }

    @JvmTest(
            main = Greeting.class,
            args = "return",
            agent = "intervall=1k",
            nativeAccess = false,
            needs = {})
    void aMistypedOptionIsInTheRecording(JvmOutcome jvm) throws IOException {
        AgentEvent state = state(jvm.recording());
        assertThat(state.text("state")).isEqualTo("not tracing");
        assertThat(state.text("reason")).contains("unknown option 'intervall'; did you mean 'interval'?");
        assertThat(state.text("options")).isEqualTo("intervall=1k");
        assertThat(state.text("engine")).isEmpty();
        assertThat(jvm.err()).hasSize(1);
    }

    @JvmTest(
            main = Greeting.class,
            args = "return",
            agent = "engine=uprobe",
            nativeAccess = false,
            needs = Need.SETPRIV)
    void anAgentThatMayNotTraceSaysSoInTheRecording(JvmCommand command) throws IOException {
        try (PublicCopy copy = PublicCopy.of(command)) {
            JvmOutcome jvm = copy.command().prefix(NOBODY).run().expectExit(0);
            AgentEvent state = state(jvm.recording());
            assertThat(state.text("state")).isEqualTo("not tracing");
            assertThat(state.text("reason")).containsAnyOf("CAP_BPF", "root");
        }
    }

    /** Found only when the sidecar runs: the answer comes when the recording has begun already. */
    @JvmTest(
            main = Steps.class,
            agent = "engine=hooks-self",
            nativeAccess = false,
            needs = {})
    void anEngineThatCannotBeOpenedIsInTheRecording(JvmCommand command) throws IOException {
        Path nowhere = Files.createDirectories(command.directory().resolve("nowhere"));
        Path broken = Files.copy(command.agentJar(), command.directory().resolve("broken.jar"));
        try (FileSystem jar = FileSystems.newFileSystem(broken)) {
            try (Stream<Path> files = Files.walk(jar.getPath("/"))) {
                for (Path file :
                        files.filter(file -> file.toString().endsWith(".so")).toList()) {
                    Files.delete(file);
                }
            }
        }
        JvmCommand without = command.in(broken, command.programs(), nowhere);
        try (RunningJvm jvm = without.start()) {
            jvm.awaitErr(lines -> lines.stream().anyMatch(line -> line.startsWith("dwunw: not tracing: ")));
            jvm.send("exit 0");
            JvmOutcome outcome = jvm.join().expectExit(0);
            AgentEvent state = state(outcome.recording());
            assertThat(state.text("state")).isEqualTo("not tracing");
            assertThat(outcome.err()).anyMatch(line -> line.equals("dwunw: not tracing: " + state.text("reason")));
            assertThat(state.text("options"))
                    .startsWith("interval=auto,minage=5s,")
                    .contains("engine=hooks-self");
        }
    }

    @JvmTest(
            main = NativeLayers.class,
            agent = "engine=hooks-self,interval=1k,minage=0",
            recording = "settings=none,+dwunw.NativeLeak#enabled=true",
            needs = {})
    void whoNamesLeaksGetsLeaks(JvmOutcome jvm) throws IOException {
        Set<String> types = new TreeSet<>();
        RecordingFile.readAllEvents(jvm.recording())
                .forEach(event -> types.add(event.getEventType().getName()));
        assertThat(types).containsExactly(AgentEvent.STATE, AgentEvent.LEAK, AgentEvent.LEAK_REPORT);
        assertThat(Leaks.atEnd(jvm.recording(), "dwunwit_c_layers")).isNotEmpty();
    }

    @JvmTest(
            main = NativeLayers.class,
            agent = "engine=hooks-self,interval=1k,minage=0,hidden=true",
            recording = "settings=profile,+dwunw.NativeFree#enabled=true",
            needs = {})
    void aConfigurationOfTheJdkGetsAllAndFreesCanBeAdded(JvmOutcome jvm) throws IOException {
        Set<String> types = new TreeSet<>();
        RecordingFile.readAllEvents(jvm.recording()).stream()
                .map(event -> event.getEventType().getName())
                .filter(name -> name.startsWith("dwunw."))
                .forEach(types::add);
        assertThat(types)
                .containsExactlyInAnyOrder(
                        AgentEvent.ALLOCATION,
                        AgentEvent.FREE,
                        AgentEvent.LEAK,
                        AgentEvent.LEAK_REPORT,
                        AgentEvent.STATISTICS,
                        AgentEvent.STATE);
        AgentEvent state = state(jvm.recording());
        assertThat(state.text("state")).isEqualTo("tracing");
        assertThat(state.text("engine")).contains("hooks");
        assertThat(state.text("options")).startsWith("interval=1k,minage=0s,").endsWith("hidden=true");
    }

    private static AgentEvent state(Path recording) throws IOException {
        List<AgentEvent> states = new ConsumerReader().read(recording, AgentEvent.STATE);
        assertThat(states).isNotEmpty();
        return states.get(states.size() - 1);
    }

    /** Of the last report that the chunk holds so far; empty where it cannot be read yet. */
    private static List<AgentEvent> leaks(Path repository) throws IOException {
        Optional<Path> chunk = chunk(repository);
        if (chunk.isEmpty()) {
            return List.of();
        }
        try {
            return Leaks.atEnd(chunk.get(), "dwunwit_c_layers");
        } catch (IOException e) {
            return List.of();
        }
    }

    /** The newest. */
    private static Optional<Path> chunk(Path repository) throws IOException {
        if (!Files.exists(repository)) {
            return Optional.empty();
        }
        try (Stream<Path> files = Files.walk(repository)) {
            return files.filter(file -> file.toString().endsWith(".jfr")).max(Comparator.naturalOrder());
        }
    }
}

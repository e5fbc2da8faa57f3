// SPDX-License-Identifier: MIT
package io.dwunw.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.it.harness.JvmCommand;
import io.dwunw.it.harness.JvmOutcome;
import io.dwunw.it.harness.JvmTest;
import io.dwunw.it.harness.Project;
import io.dwunw.it.program.Greeting;
import io.dwunw.it.program.IdleProgram;
import io.dwunw.it.program.SidecarGarbage;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;

/**
 * Tests what decides how fast a traced program starts and ends. Times are measured elsewhere: {@code it/startup},
 * {@code it/footprint}.
 */
final class StartupIT {
    private static final long MAX_JAR_BYTES = 6_000_000;
    private static final int MAX_CLASSES = 395;
    /** The sidecar waits until it is wanted; it may have got ready by then. */
    private static final int MAX_CLASSES_WITHOUT_RECORDING = 250;

    private static final long MAX_HEAP_BYTES = 32 << 20;
    private static final String RECORD_METHODS = "java.lang.runtime.ObjectMethods";

    /** Between the agent's start and the JVM's end: each would make the JVM generate classes meanwhile. */
    @JvmTest(main = Greeting.class, args = "return")
    void theAgentBringsNoClassesToBeGenerated(JvmCommand command) throws IOException {
        boolean ofTheJdkItself = hasRecordMethods(classes(command.as("alone").withoutAgent()));
        for (String engine : List.of("hooks-self", "hooks-bpf", "uprobe")) {
            List<String> classes = classes(command.as(engine).agent("engine=" + engine + ",interval=4k,minage=0s"));
            assertThat(classes).as(engine).anyMatch(name -> name.startsWith("io.dwunw.jfr.ReplayGeneration"));
            assertThat(classes).as(engine).noneMatch(name -> name.startsWith("io.dwunw.") && name.contains("$$Lambda"));
            assertThat(hasRecordMethods(classes)).as(engine).isEqualTo(ofTheJdkItself);
        }
    }

    /** Each costs a third of a millisecond; of the agent's own, those that it generates left out. */
    @JvmTest(main = Greeting.class, args = "return")
    void fewClassesAreLoaded(JvmCommand command) throws IOException {
        for (String engine : List.of("hooks-self", "hooks-bpf", "uprobe")) {
            List<String> classes = classes(command.as(engine).agent("engine=" + engine));
            assertThat(ownClasses(classes)).as(engine).hasSizeBetween(100, MAX_CLASSES);
        }
    }

    @JvmTest(
            main = Greeting.class,
            args = "return",
            record = false,
            needs = {})
    void withoutARecordingHardlyAnyIs(JvmCommand command) throws IOException {
        assertThat(ownClasses(classes(command))).hasSizeBetween(10, MAX_CLASSES_WITHOUT_RECORDING);
    }

    /**
     * The JVM appends the agent's jar to the application's class path: whatever comes before it there must not matter.
     */
    @JvmTest(main = Greeting.class, args = "return")
    void noClassOfTheApplicationTakesTheAgentsPlace(JvmCommand command) throws IOException {
        Path application = command.directory().resolve("application");
        for (String name : List.of("agent/Agent", "agent/AgentSession", "unwind/NativeUnwinder", "jfr/StackReplay")) {
            Path file = application.resolve("io/dwunw/" + name + ".class");
            Files.createDirectories(file.getParent());
            Files.writeString(file, "not the agent's");
        }
        Path classPath = Path.of(application + File.pathSeparator + command.programs());
        JvmCommand shadowed = command.in(command.agentJar(), classPath, command.directory());
        JvmOutcome outcome = shadowed.agent("interval=4k").run().expectExit(0);
        assertThat(outcome.err()).isEmpty();
        assertThat(RecordingFile.readAllEvents(outcome.recording()))
                .anyMatch(event -> event.getEventType().getName().equals("dwunw.NativeAllocation"));
    }

    /**
     * By another thread they would wait for JFR's lock, while the thread that holds it, the one that starts the
     * recording, waits for them.
     */
    @JvmTest(main = Greeting.class, args = "return")
    void theEventsAreInitialisedByTheThreadThatStartsTheRecording(JvmCommand command) throws IOException {
        for (String engine : List.of("hooks-self", "hooks-bpf", "uprobe")) {
            JvmCommand eager = command.as(engine).agent("engine=" + engine + ",interval=1");
            List<String> lines = log(eager, "class+init", "tid").stream()
                    .filter(line -> line.contains(" Initializing 'io/dwunw/"))
                    .toList();
            List<String> main = lines.stream()
                    .filter(line -> line.contains("'io/dwunw/agent/AgentMain'"))
                    .map(StartupIT::thread)
                    .toList();
            assertThat(main).as(engine).hasSize(1);
            assertThat(lines.stream().filter(line -> line.matches(".*'io/dwunw/jfr/\\w+Event'.*")))
                    .as(engine)
                    .hasSize(6)
                    .allMatch(line -> main.contains(thread(line)));
        }
    }

    /**
     * A JVM that exits waits, up to 300 ms, for threads that are in native code: there the sidecar must not sleep
     * without a recording.
     */
    @JvmTest(
            main = IdleProgram.class,
            needs = {})
    void theSidecarDoesNotHoldUpTheExit(JvmOutcome outcome) {
        assertThat(outcome.value("state")).isEqualTo("TIMED_WAITING");
    }

    @JvmTest(
            main = IdleProgram.class,
            record = false,
            needs = {})
    void norWithoutEverARecording(JvmOutcome outcome) {
        assertThat(outcome.value("state")).isEqualTo("TIMED_WAITING");
    }

    /**
     * What it leaves to the collector becomes resident memory of the process, and takes time from the program's start.
     */
    @JvmTest(main = SidecarGarbage.class)
    void theSidecarUsesLittleOfTheHeap(JvmOutcome outcome) {
        assertThat(Long.parseLong(outcome.value("allocated"))).isBetween(1L << 20, MAX_HEAP_BYTES);
    }

    @Test
    void theJarIsSmall() throws IOException {
        assertThat(Files.size(Project.agentJar())).isLessThanOrEqualTo(MAX_JAR_BYTES);
    }

    private static List<String> ownClasses(List<String> classes) {
        return classes.stream()
                .filter(name -> name.startsWith("io.dwunw."))
                .filter(name -> !name.startsWith("io.dwunw.it.") && !name.startsWith("io.dwunw.jfr.callee."))
                .toList();
    }

    private static boolean hasRecordMethods(List<String> classes) {
        return classes.contains(RECORD_METHODS);
    }

    private static List<String> classes(JvmCommand command) throws IOException {
        return log(command, "class+load", "none").stream()
                .map(line -> line.split(" ", 2)[0])
                .toList();
    }

    private static List<String> log(JvmCommand command, String tags, String decorations) throws IOException {
        Path log = command.directory().resolve("log.txt");
        command.jvm("-Xlog:" + tags + "=info:file=" + log + ":" + decorations)
                .run()
                .expectExit(0);
        return Files.readAllLines(log);
    }

    /** Of a line of the log that is decorated with its number. */
    private static String thread(String line) {
        return line.substring(0, line.indexOf(']'));
    }
}

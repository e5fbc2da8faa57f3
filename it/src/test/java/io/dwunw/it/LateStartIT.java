// SPDX-License-Identifier: MIT
package io.dwunw.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.it.harness.JvmOutcome;
import io.dwunw.it.harness.JvmTest;
import io.dwunw.it.harness.RunningJvm;
import io.dwunw.it.program.NativeLayers;
import io.dwunw.it.program.Steps;
import io.dwunw.it.recording.AgentEvent;
import io.dwunw.it.recording.ConsumerReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Recordings that begin, and agents that come, when the JVM has long been running. */
final class LateStartIT {
    /** Round an option with an equals sign, which jcmd would otherwise take for its own. */
    private static final String QUOTE = "\"";

    @JvmTest(everyEngine = true, main = Steps.class, agent = "maxoverhead=off,interval=1k,stack=16k", record = false)
    void nothingIsTracedWithoutARecording(RunningJvm jvm) throws IOException {
        assertThat(jvm.awaitLine("ready=")).isEqualTo("false");
        assertThat(jvm.step("leak")).isEqualTo("false");

        Path first = record(jvm, "first");
        assertThat(blocks(first))
                .as("those of the first recording, not the one before")
                .isEqualTo(NativeLayers.COUNT);
        awaitDetached(jvm);
        jvm.step("leak");

        Path second = record(jvm, "second");
        assertThat(blocks(second)).isEqualTo(NativeLayers.COUNT);
        awaitDetached(jvm);
        jvm.send("exit 5");
        assertThat(jvm.join().expectExit(5).err()).isEmpty();
    }

    @JvmTest(main = Steps.class, withAgent = false, record = false)
    void aRunningJvmCanLoadTheAgent(RunningJvm jvm) throws IOException {
        jvm.awaitLine("ready=");
        load(jvm, "maxoverhead=off,interval=1k,stack=16k");
        Path recording = record(jvm, "attached");
        assertThat(blocks(recording)).isEqualTo(NativeLayers.COUNT);
        exit(jvm);
    }

    @JvmTest(
            main = Steps.class,
            withAgent = false,
            record = false,
            needs = {})
    void theHooksCanBePutIntoARunningJvm(RunningJvm jvm) throws IOException {
        jvm.awaitLine("ready=");
        load(jvm, "engine=hooks,interval=1k,stack=16k,maxoverhead=off");
        Path recording = record(jvm, "attached");
        assertThat(blocks(recording)).isEqualTo(NativeLayers.COUNT);
        awaitDetached(jvm);
        exit(jvm);
    }

    @JvmTest(main = Steps.class, withAgent = false, record = false)
    void loadingTwiceStartsOnce(RunningJvm jvm) throws IOException {
        jvm.awaitLine("ready=");
        load(jvm, "maxoverhead=off,interval=1k,stack=16k");
        load(jvm, "maxoverhead=off,interval=1k,stack=16k");
        jvm.awaitErr(lines -> lines.stream().anyMatch(line -> line.contains("already running")));
        Path recording = record(jvm, "twice");
        assertThat(blocks(recording)).as("each once").isEqualTo(NativeLayers.COUNT);
        jvm.send("exit 0");
        JvmOutcome outcome = jvm.join().expectExit(0);
        assertThat(outcome.err().stream().filter(line -> line.startsWith("dwunw: ")))
                .hasSize(1);
    }

    @JvmTest(
            main = Steps.class,
            withAgent = false,
            record = false,
            needs = {})
    void loadingAgainChangesOptionsInARunningRecording(RunningJvm jvm) throws IOException {
        jvm.awaitLine("ready=");
        load(jvm, "engine=hooks-self,interval=1g,stack=16k,maxoverhead=off");
        Path file = startRecording(jvm, "changed");
        jvm.step("await");
        jvm.step("leak");
        load(jvm, "interval=4k,minage=0,report=off");
        jvm.step("leak");
        jvm.jcmd("JFR.stop", "name=changed");
        assertThat(blocks(file)).as("each of the second time").isEqualTo(NativeLayers.COUNT);
        exit(jvm);
    }

    @JvmTest(
            main = Steps.class,
            withAgent = false,
            record = false,
            needs = {})
    void whatCannotChangeInARunningJvmIsRefusedInOneLine(RunningJvm jvm) {
        jvm.awaitLine("ready=");
        load(jvm, "engine=hooks-self,interval=64k");
        assertThat(answer(jvm, "interval=1k,engine=uprobe,depth=8")).contains("return code: 102");
        assertThat(answer(jvm, "minag=1s")).contains("return code: 102");
        jvm.send("exit 0");
        List<String> lines = jvm.join().expectExit(0).err().stream()
                .filter(line -> line.startsWith("dwunw: "))
                .toList();
        assertThat(lines).hasSize(2).allMatch(line -> line.contains("; in force: interval=64k,minage=5s,"));
        assertThat(lines.get(0)).contains("nothing changed: 'engine', 'depth' cannot change in a running JVM");
        assertThat(lines.get(1)).contains("nothing changed: unknown option 'minag'");
    }

    /** After a mistake, too, the agent may come. */
    @JvmTest(
            main = Steps.class,
            withAgent = false,
            record = false,
            needs = {})
    void theRecordingTellsOfTheMistakeAndOfItsEnd(RunningJvm jvm) throws IOException {
        jvm.awaitLine("ready=");
        Path file = startRecording(jvm, "states");
        assertThat(answer(jvm, "intervall=1k")).contains("return code: 102");
        load(jvm, "engine=hooks-self");
        jvm.step("await");
        jvm.jcmd("JFR.stop", "name=states");
        exit(jvm);
        List<String> states = new ConsumerReader()
                .read(file, AgentEvent.STATE).stream()
                        .map(event -> event.text("state"))
                        .toList();
        assertThat(states).startsWith("not tracing").contains("tracing");
        assertThat(states.get(states.size() - 1)).isEqualTo("tracing");
    }

    @JvmTest(main = Steps.class, withAgent = false, record = false)
    void loadedIntoARunningRecording(RunningJvm jvm) throws IOException {
        jvm.awaitLine("ready=");
        Path file = startRecording(jvm, "running");
        load(jvm, "maxoverhead=off,interval=1k,stack=16k");
        jvm.step("await");
        jvm.step("leak");
        jvm.jcmd("JFR.stop", "name=running");
        assertThat(blocks(file)).isEqualTo(NativeLayers.COUNT);
        exit(jvm);
    }

    /** Otherwise a script that attaches it would wait for events that never come. */
    @JvmTest(
            main = Steps.class,
            withAgent = false,
            record = false,
            needs = {})
    void anAgentThatDoesNotTraceAnswersWithAFailure(RunningJvm jvm) {
        jvm.awaitLine("ready=");
        assertThat(answer(jvm, "intervall=1k")).contains("return code: 102");
        assertThat(answer(jvm, "version")).contains("return code: 0");
        assertThat(answer(jvm, "engine=hooks-self")).contains("return code: 0");
        jvm.send("exit 5");
        JvmOutcome outcome = jvm.join().expectExit(5);
        assertThat(outcome.err().stream().filter(line -> line.startsWith("dwunw: ")))
                .hasSize(2)
                .anyMatch(line -> line.contains("intervall"));
    }

    private static void load(RunningJvm jvm, String options) {
        assertThat(answer(jvm, options)).contains("return code: 0");
    }

    private static String answer(RunningJvm jvm, String options) {
        return jvm.jcmd("JVMTI.agent_load", jvm.command().agentJar().toString(), QUOTE + options + QUOTE);
    }

    /** A recording of one leak. */
    private static Path record(RunningJvm jvm, String name) {
        Path file = jvm.command().directory().resolve(name + ".jfr");
        jvm.jcmd("JFR.start", "name=" + name, "filename=" + file);
        jvm.step("await");
        assertThat(jvm.step("leak")).isEqualTo("true");
        jvm.jcmd("JFR.stop", "name=" + name);
        return file;
    }

    private static void awaitDetached(RunningJvm jvm) {
        long deadline = System.nanoTime() + 30_000_000_000L;
        while (jvm.step("traced").equals("true")) {
            assertThat(System.nanoTime()).as("probes are gone").isLessThan(deadline);
        }
    }

    private static long blocks(Path recording) throws IOException {
        List<AgentEvent> events = new ConsumerReader().read(recording, AgentEvent.ALLOCATION);
        return events.stream()
                .filter(event -> event.number("size") == Steps.SIZE)
                .filter(event -> event.passes("dwunwit_c_layers"))
                .mapToLong(event -> event.number("samples"))
                .sum();
    }

    /** Starts a recording of this name; the file that it writes when it is stopped. */
    private static Path startRecording(RunningJvm jvm, String name) {
        Path file = jvm.command().directory().resolve(name + ".jfr");
        jvm.jcmd("JFR.start", "name=" + name, "filename=" + file);
        return file;
    }

    private static void exit(RunningJvm jvm) {
        jvm.send("exit 0");
        jvm.join().expectExit(0);
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.it.harness.Jdk;
import io.dwunw.it.harness.JvmOutcome;
import io.dwunw.it.harness.JvmTest;
import io.dwunw.it.harness.Project;
import io.dwunw.it.harness.Tool;
import io.dwunw.it.program.InflaterLeak;
import io.dwunw.it.program.NativeLayers;
import io.dwunw.it.program.Streaming;
import io.dwunw.it.recording.AgentEvent;
import io.dwunw.it.recording.ConsumerReader;
import io.dwunw.it.recording.JfrToolReader;
import io.dwunw.it.recording.JmcReader;
import io.dwunw.it.recording.RecordingReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.openjdk.jmc.common.IMCMethod;
import org.openjdk.jmc.flightrecorder.stacktrace.tree.Node;

/** Every reader shows the same events with the same stacks. */
final class ReadersIT {
    /** Fields that all readers show in the same form. */
    private static final List<String> ALLOCATION_FIELDS =
            List.of("size", "weight", "allocator", "allocatingThread", "osThreadName", "stackState", "frames");

    private static final List<String> LEAK_FIELDS =
            List.of("outstanding", "outstandingBlocks", "sampledBlocks", "oldestAge", "youngestAge", "site", "frames");

    @JvmTest(main = NativeLayers.class, args = "1500", agent = "maxoverhead=off,interval=32k,minage=200ms")
    void jfrOfEveryJdkAndTheConsumerAndMissionControlAgree(JvmOutcome jvm) throws IOException {
        assertAgree(jvm.recording(), AgentEvent.ALLOCATION, ALLOCATION_FIELDS);
        assertAgree(jvm.recording(), AgentEvent.LEAK, LEAK_FIELDS);
    }

    @JvmTest(
            main = InflaterLeak.class,
            args = {"400", "500"},
            agent = "maxoverhead=off,interval=16k,minage=200ms")
    void missionControlShowsOneNodePerFunction(JvmOutcome jvm) throws IOException {
        Node root = JmcReader.tree(jvm.recording(), AgentEvent.ALLOCATION);
        Map<String, Integer> nodes = new HashMap<>();
        assertSiblingsDiffer(root, nodes);
        assertThat(nodes.keySet()).anyMatch(name -> name.endsWith("libc.malloc"));
        assertThat(nodes.keySet()).anyMatch(name -> name.endsWith("InflaterLeak.leak"));
        // Both ways to leak come through these, so a tree that did not merge would have them more than once.
        assertThat(nodes).containsEntry("io.dwunw.it.program.InflaterLeak.leak", 1);
    }

    @JvmTest(main = NativeLayers.class, agent = "maxoverhead=off,interval=32k")
    void theMetadataReadsWell(JvmOutcome jvm) {
        String metadata = Tool.run(
                jvm.command().jdk(),
                "jfr",
                "metadata",
                "--events",
                "dwunw.NativeAllocation,dwunw.NativeLeak,dwunw.NativeLeakReport,dwunw.NativeFree,"
                        + "dwunw.AgentStatistics,dwunw.AgentState",
                jvm.recording().toString());
        assertThat(metadata)
                .contains("@Category({\"Java Virtual Machine\", \"Native Memory\"})")
                .contains("class NativeAllocation extends", "class NativeLeak extends", "class NativeFree extends")
                .contains("@DataAmount(\"BYTES\")", "@MemoryAddress", "@Timespan(\"NANOSECONDS\")")
                .containsPattern("(?s)@Label\\(\"Weight\"\\).*long weight;")
                .containsPattern("Thread allocatingThread;")
                .contains("class NativeLeakReport extends", "class AgentState extends")
                .containsPattern("(?s)@Timestamp\\(\"MILLISECONDS_SINCE_EPOCH\"\\).*long since;");
    }

    @JvmTest(main = Streaming.class, agent = "interval=1,stack=16k", record = false)
    void theRunningProgramCanStreamItsOwnEvents(JvmOutcome jvm) {
        assertThat(jvm.value("streamed")).isEqualTo(Integer.toString(NativeLayers.COUNT));
        assertThat(jvm.value("top")).isEqualTo("libc.malloc");
    }

    /** As printed there: what keeps {@code java.*} classes apart from the JVM's own must not end up in scripts. */
    @JvmTest(
            main = InflaterLeak.class,
            args = {"100", "300"},
            agent = "engine=hooks-self,interval=4k,minage=0",
            needs = {})
    void theDocumentedCommandFindsTheClassesOfTheJdk(JvmOutcome jvm) throws IOException {
        String command = Files.readAllLines(Project.root().resolve("docs/events.md")).stream()
                .filter(line -> line.startsWith("    jfr print") && line.contains(" | sed "))
                .findFirst()
                .orElseThrow()
                .strip()
                .replaceFirst("^jfr", jvm.command().jdk().tool("jfr").toString())
                .replace("rec.jfr", jvm.recording().toString());
        Tool.Result result = Tool.command(Map.of(), "sh", "-c", command);
        assertThat(result.exitCode()).as(command).isZero();
        assertThat(result.output().lines())
                .anyMatch(line -> line.strip().startsWith("java.util.zip.Inflater.inflateBytesBytes("))
                .allMatch(line -> line.codePoints().noneMatch(c -> Character.getType(c) == Character.FORMAT));
    }

    private static void assertAgree(Path recording, String type, List<String> fields) throws IOException {
        List<Map<String, String>> expected = shown(new ConsumerReader(), recording, type, fields);
        assertThat(expected).isNotEmpty();
        assertThat(expected).anySatisfy(event -> assertThat(event.get("stack")).contains("libc.malloc"));
        assertThat(shown(new JmcReader(), recording, type, fields))
                .as("JMC, %s", type)
                .containsExactlyInAnyOrderElementsOf(expected);
        for (Jdk jdk : Jdk.installed()) {
            assertThat(shown(new JfrToolReader(jdk), recording, type, fields))
                    .as("jfr print of %s, %s", jdk, type)
                    .containsExactlyInAnyOrderElementsOf(expected);
        }
    }

    private static List<Map<String, String>> shown(
            RecordingReader reader, Path recording, String type, List<String> fields) throws IOException {
        return reader.read(recording, type).stream()
                .map(event -> {
                    Map<String, String> shown = new HashMap<>();
                    fields.forEach(field -> shown.put(field, event.text(field)));
                    List<String> names = event.names();
                    shown.put("stack", String.join("\n", names.subList(0, Math.min(names.size(), 64))));
                    return shown;
                })
                .toList();
    }

    private static void assertSiblingsDiffer(Node node, Map<String, Integer> nodes) {
        Map<String, Integer> children = new HashMap<>();
        for (Node child : node.getChildren()) {
            IMCMethod method = child.getFrame().getMethod();
            String name = method.getType().getFullName() + "." + method.getMethodName();
            children.merge(name + method.getFormalDescriptor(), 1, Integer::sum);
            nodes.merge(name, 1, Integer::sum);
            assertSiblingsDiffer(child, nodes);
        }
        assertThat(children.values()).as("children of %s: %s", node, children).allMatch(count -> count == 1);
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.openjdk.jmc.common.IMCMethod;
import org.openjdk.jmc.common.IMCThread;
import org.openjdk.jmc.common.item.Attribute;
import org.openjdk.jmc.common.item.IAttribute;
import org.openjdk.jmc.common.item.IItem;
import org.openjdk.jmc.common.item.IItemCollection;
import org.openjdk.jmc.common.item.IItemIterable;
import org.openjdk.jmc.common.item.IMemberAccessor;
import org.openjdk.jmc.common.item.ItemFilters;
import org.openjdk.jmc.common.unit.IQuantity;
import org.openjdk.jmc.common.unit.UnitLookup;
import org.openjdk.jmc.flightrecorder.JfrLoaderToolkit;
import org.openjdk.jmc.flightrecorder.stacktrace.tree.Node;
import org.openjdk.jmc.flightrecorder.stacktrace.tree.StacktraceTreeModel;

/** Tests what users see of a recording of either JDK, in the tools of either JDK and in JMC. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ReadersTest {
    private final Map<Jdk, Path> recordings = new EnumMap<>(Jdk.class);

    @BeforeAll
    void record() throws Exception {
        for (Jdk jdk : Jdk.values()) {
            if (!jdk.isInstalled()) {
                continue; // each test says so
            }
            Path file = Files.createTempFile("dwunw-test", ".jfr");
            String start = "-XX:StartFlightRecording:filename=" + file + ",+dwunw.NativeFree#enabled=true";
            jdk.run("internal", List.of(start), "publish").succeeded();
            recordings.put(jdk, file);
        }
    }

    @AfterAll
    void delete() throws Exception {
        for (Path file : recordings.values()) {
            Files.delete(file);
        }
    }

    private String recordingOf(Jdk jdk) throws Exception {
        jdk.require();
        return Objects.requireNonNull(recordings.get(jdk)).toString();
    }

    static List<Arguments> readersAndWriters() {
        List<Arguments> pairs = new ArrayList<>();
        for (Jdk reader : Jdk.values()) {
            for (Jdk writer : Jdk.values()) {
                pairs.add(Arguments.of(reader, writer));
            }
        }
        return pairs;
    }

    @ParameterizedTest
    @MethodSource("readersAndWriters")
    void print(Jdk reader, Jdk writer) throws Exception {
        String text = reader.tool("jfr", "print", "--events", "dwunw.*", "--stack-depth", "256", recordingOf(writer))
                .succeeded()
                .text()
                .replace("\u2060", "");

        assertThat(text)
                .containsPattern(Pattern.compile("""
                        dwunw.NativeAllocation \\{
                          startTime = .*
                          address = 0x7F0000001000
                          size = 4[.]0 kB
                          weight = 512[.]0 kB
                          allocator = "malloc"
                          allocatingThread = "main" \\(javaThreadId = \\d+\\)
                          osThreadId = 4711
                          osThreadName = "main"
                          stackState = "complete"
                          frames = "malloc[+]0x0 \\(libc[.]so[.]6\\)
                        """))
                .contains("""
                          stackTrace = [
                            libc.malloc()
                            libz.inflateInit2_()
                            java.util.zip.Inflater.init(boolean)
                            com.acme.Main.main(String[]) line: 42
                            libc.start_thread()
                            dwunw.stack()
                            io.dwunw.jfr.ReplayThread.run() line:\
                        """)
                .contains("""
                            libfoo.std::vector‹int›::push_back(int&&)()
                            libfoo.operator new⟦⟧(unsigned long)()
                            java.util.List.‹init›(Object, int[][]) line: 7
                            com.acme.Main$$Lambda∕0x01.lambda$main$0() line: 8
                            libfoo.root()
                        """)
                .contains("libfoo.deep0()", "libfoo.deep" + (ChildProgram.DEEP - 1) + "()")
                .contains("lifetime = 1.50 ms", "oldestAge = 1 m 1 s", "outstanding = 200.0 kB");
        assertThat(Pattern.compile("dwunw.NativeLeak \\{")
                        .matcher(text)
                        .results()
                        .count())
                .isEqualTo(ChunkEndPublisher.LEAKS);
    }

    @ParameterizedTest
    @MethodSource("readersAndWriters")
    void printJson(Jdk reader, Jdk writer) throws Exception {
        String json = reader.tool(
                        "jfr",
                        "print",
                        "--json",
                        "--events",
                        "dwunw.NativeAllocation",
                        "--stack-depth",
                        "256",
                        recordingOf(writer))
                .succeeded()
                .text();

        List<String> methods = new ArrayList<>();
        Matcher method =
                Pattern.compile("\"name\": \"([^\"]*)\", \\s*\"descriptor\"").matcher(json);
        while (method.find()) {
            methods.add(method.group(1));
        }
        assertThat(methods)
                .containsSequence("malloc", "inflateInit2_", "init", "main", "start_thread", "stack", "run")
                .containsSequence("f", "g", "h", "root", "stack", "run")
                .contains("deep0", "deep149");
        assertThat(json).contains("\"frames\": \"malloc+0x0 (libc.so.6)\\ninflateInit2_+0x5a");
    }

    @ParameterizedTest
    @MethodSource("readersAndWriters")
    void summaryAndMetadata(Jdk reader, Jdk writer) throws Exception {
        assertThat(reader.tool("jfr", "summary", recordingOf(writer))
                        .succeeded()
                        .text())
                .containsPattern("dwunw.NativeAllocation +" + ChildProgram.STACKS.size() + " ")
                .containsPattern("dwunw.NativeLeak +" + ChunkEndPublisher.LEAKS + " ")
                .containsPattern("dwunw.NativeFree +1 ");

        assertThat(reader.tool("jfr", "metadata", recordingOf(writer))
                        .succeeded()
                        .text())
                .contains("""
                        @Name("dwunw.NativeLeak")
                        @Label("Native Leak Suspect")
                        @Category({"Java Virtual Machine", "Native Memory"})
                        """, """
                          @DataAmount("BYTES")
                          long outstanding;
                        """);
    }

    @ParameterizedTest
    @EnumSource
    void jmcMergesFramesOfDifferentLoaders(Jdk writer) throws Exception {
        IItemCollection events = JfrLoaderToolkit.loadEvents(new File(recordingOf(writer)))
                .apply(ItemFilters.type("dwunw.NativeAllocation"));

        Node run = new StacktraceTreeModel(events).getRoot().getChildren().get(0);

        assertThat(name(run)).isEqualTo("io.dwunw.jfr.ReplayThread.run");
        assertThat(run.getChildren()).hasSize(1);
        Node stack = run.getChildren().get(0);
        assertThat(name(stack)).isEqualTo("dwunw.stack");
        assertThat(stack.getChildren().stream().map(ReadersTest::name))
                .containsExactlyInAnyOrder("libc.start_thread", "libfoo.root", "libfoo.deep149");
        assertThat(tree(child(stack, "libfoo.root")))
                .as("one node per function on each path")
                .isEqualTo("libfoo.root{com.acme.Main$$Lambda∕0x01.lambda$main$0{java.util.List.‹init›{"
                        + "libfoo.operator new⟦⟧(unsigned long){libfoo.std::vector‹int›::push_back(int&&){}}}}"
                        + "libfoo.g{libfoo.f{}}"
                        + "libfoo.h{libfoo.f{}libfoo.g{libfoo.f{libfoo.g{}}}}}");
        assertThat(depth(child(stack, "libfoo.deep149"))).isEqualTo(ChildProgram.DEEP);
    }

    private static Node child(Node node, String name) {
        return node.getChildren().stream()
                .filter(child -> name(child).equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static String name(Node node) {
        IMCMethod method = node.getFrame().getMethod();
        return (method.getType().getFullName() + '.' + method.getMethodName()).replace("\u2060", "");
    }

    private static String tree(Node node) {
        StringBuilder out = new StringBuilder(name(node)).append('{');
        node.getChildren().stream().map(ReadersTest::tree).sorted().forEach(out::append);
        return out.append('}').toString();
    }

    private static int depth(Node node) {
        return 1
                + node.getChildren().stream().mapToInt(ReadersTest::depth).max().orElse(0);
    }

    @ParameterizedTest
    @EnumSource
    void jmcKnowsUnitsAndThreads(Jdk writer) throws Exception {
        IItemCollection events = JfrLoaderToolkit.loadEvents(new File(recordingOf(writer)))
                .apply(ItemFilters.type("dwunw.NativeAllocation"));
        IAttribute<IQuantity> weight = Attribute.attr("weight", "Weight", UnitLookup.MEMORY);
        IAttribute<IMCThread> thread = Attribute.attr("allocatingThread", "Thread", UnitLookup.THREAD);

        for (IItemIterable items : events) {
            IMemberAccessor<IQuantity, IItem> weightOf = weight.getAccessor(items.getType());
            IMemberAccessor<IMCThread, IItem> threadOf = thread.getAccessor(items.getType());
            for (IItem item : items) {
                assertThat(weightOf.getMember(item).longValueIn(UnitLookup.BYTE))
                        .isEqualTo(512 * 1024);
                assertThat(threadOf.getMember(item).getThreadName()).isEqualTo("main");
            }
        }
        assertThat(events.hasItems()).isTrue();
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.it.harness.JvmOutcome;
import io.dwunw.it.harness.JvmTest;
import io.dwunw.it.program.JavaTraces;
import io.dwunw.it.recording.AgentEvent;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordedMethod;
import jdk.jfr.consumer.RecordingFile;

/** The Java part of an event's stack is, frame by frame, what the application's own stack trace shows at that point. */
final class JavaTracesIT {
    private static final String OPTIONS = "maxoverhead=off,maxevents=off,interval=2k,stack=64k";
    /** Methods of the library that allocates, further in than the trace. */
    private static final String INNERMOST = "io.dwunw.it.program.NativeBlocks.allocate(";
    /** The sidecar's own, below every replayed stack. */
    private static final int OWN_FRAMES = 2;

    /** A frame as Java describes it. */
    private record Described(boolean hidden, String type, String method, String descriptor, int line, String text) {
        /** A class file cannot have all names that the JVM gives: what a reader sees of it. */
        String shown() {
            String name =
                    (type + "." + method).replace('/', '∕').replace('<', '‹').replace('>', '›');
            return name + descriptor + (line > 0 ? ":" + line : "");
        }
    }

    @JvmTest(
            main = JavaTraces.class,
            agent = OPTIONS,
            recording = JvmTest.ONLY_DWUNW,
            needs = {})
    void showsWhatThrowableShows(JvmOutcome jvm) throws IOException {
        assertSame(jvm, false);
    }

    @JvmTest(
            main = JavaTraces.class,
            agent = OPTIONS + ",hidden=true",
            recording = JvmTest.ONLY_DWUNW,
            needs = {})
    void showsHiddenFramesWhereTheyAreWanted(JvmOutcome jvm) throws IOException {
        assertSame(jvm, true);
    }

    private static void assertSame(JvmOutcome jvm, boolean hidden) throws IOException {
        Map<Long, List<Described>> expected = described(jvm.out());
        assertThat(expected).hasSize(Integer.parseInt(jvm.value("stacks"))).hasSizeGreaterThan(40);
        Map<Long, List<RecordedEvent>> events = events(jvm, expected);
        expected.forEach((size, frames) -> {
            List<RecordedEvent> same = events.getOrDefault(size, List.of());
            assertThat(same).as("samples of %d bytes", size).isNotEmpty().anyMatch(JavaTracesIT::isComplete);
            same.forEach(event -> assertSame(event, frames, hidden));
        });
        // It is about something: code that the JVM made up, shown or hidden, and Java below native code.
        List<Described> all = expected.values().stream().flatMap(List::stream).toList();
        assertThat(all).anyMatch(frame -> frame.hidden() && frame.type().contains("CallKinds$Template/0x"));
        assertThat(all).anyMatch(frame -> frame.hidden() && frame.type().contains("java.lang.invoke.LambdaForm$"));
        assertThat(all).anyMatch(frame -> !frame.hidden() && frame.type().contains("$Proxy"));
        assertThat(all).anyMatch(frame -> !frame.hidden() && frame.method().equals("<clinit>"));
    }

    /**
     * A busy machine may let a stack grow older than the code it has passed: then it says so, and what it has is right.
     */
    private static void assertSame(RecordedEvent event, List<Described> frames, boolean hidden) {
        List<Described> visible =
                frames.stream().filter(frame -> hidden || !frame.hidden()).toList();
        List<String> text = visible.stream().map(Described::text).toList();
        List<String> shown = visible.stream().map(Described::shown).toList();
        if (isComplete(event)) {
            assertThat(textOf(event)).containsExactlyElementsOf(text);
            assertThat(stackOf(event)).containsExactlyElementsOf(shown);
        } else {
            assertThat(text).startsWith(textOf(event).toArray(new String[0]));
            assertThat(shown).startsWith(stackOf(event).toArray(new String[0]));
        }
    }

    private static boolean isComplete(RecordedEvent event) {
        return event.getString("stackState").equals("complete");
    }

    private static Map<Long, List<Described>> described(List<String> out) {
        Map<Long, List<Described>> bySize = new LinkedHashMap<>();
        for (String line : out) {
            String[] parts = line.split("\t", -1);
            if (parts[0].equals("frame")) {
                bySize.computeIfAbsent(Long.valueOf(parts[1]), none -> new ArrayList<>())
                        .add(new Described(
                                parts[2].equals("hidden"),
                                parts[3],
                                parts[4],
                                parts[5],
                                Integer.parseInt(parts[6]),
                                parts[7]));
            }
        }
        return bySize;
    }

    private static Map<Long, List<RecordedEvent>> events(JvmOutcome jvm, Map<Long, List<Described>> expected)
            throws IOException {
        Map<Long, List<RecordedEvent>> bySize = new LinkedHashMap<>();
        for (RecordedEvent event : RecordingFile.readAllEvents(jvm.recording())) {
            if (event.getEventType().getName().equals(AgentEvent.ALLOCATION)
                    && expected.containsKey(event.getLong("size"))
                    && event.getString("frames").contains(INNERMOST)) {
                bySize.computeIfAbsent(event.getLong("size"), none -> new ArrayList<>())
                        .add(event);
            }
        }
        return bySize;
    }

    /** The Java frames of the text; native ones have a {@code !} behind their module. */
    private static List<String> textOf(RecordedEvent event) {
        return event.getString("frames")
                .lines()
                .filter(line -> !line.contains("!") && !line.startsWith(INNERMOST))
                .toList();
    }

    /** The Java frames of the stack trace; native ones have a class without a package. */
    private static List<String> stackOf(RecordedEvent event) {
        List<RecordedFrame> all = event.getStackTrace().getFrames();
        return all.subList(0, all.size() - OWN_FRAMES).stream()
                .filter(frame -> frame.getMethod().getType().getName().contains("."))
                .filter(frame -> !frame.getMethod().getType().getName().endsWith(".NativeBlocks"))
                .map(JavaTracesIT::shown)
                .toList();
    }

    private static String shown(RecordedFrame frame) {
        RecordedMethod method = frame.getMethod();
        String name = method.getType().getName() + "." + method.getName() + method.getDescriptor();
        int line = frame.getLineNumber();
        // The invisible character keeps replayed classes apart from the JVM's own.
        return name.replace("\u2060", "") + (line > 0 ? ":" + line : "");
    }
}

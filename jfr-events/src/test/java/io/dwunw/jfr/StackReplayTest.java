// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StackReplayTest {
    private static final FrameName MALLOC = FrameName.ofNative("libc.so.6", "malloc", "malloc+0x0 (libc.so.6)");
    private static final FrameName ALLOCATE_MEMORY =
            FrameName.ofJava("jdk.internal.misc.Unsafe", "allocateMemory", "(J)J", 630, "Unsafe.allocateMemory:630");
    private static final FrameName MAIN =
            FrameName.ofJava("com.acme.Main", "main", "([Ljava/lang/String;)V", 42, "Main.main:42");

    private final StackReplay replay = new StackReplay(RecordingDepth.DEFAULT);

    private static FrameName function(String name) {
        return FrameName.ofNative("libfoo.so.1", name, name);
    }

    private List<String> replay(List<FrameName> frames) throws Exception {
        List<RecordedEvent> events = Recorded.publish(replay, List.of(frames));
        assertThat(events).hasSize(1);
        return Recorded.replayed(events.get(0));
    }

    @Test
    void theRecordedStackIsTheForeignOne() throws Exception {
        List<FrameName> frames = List.of(MALLOC, ALLOCATE_MEMORY, MAIN);

        List<RecordedEvent> events = Recorded.publish(replay, List.of(frames, frames));

        assertThat(events).hasSize(2);
        for (RecordedEvent event : events) {
            assertThat(Recorded.stack(event))
                    .containsExactly(
                            "libc.malloc()",
                            "jdk.internal.misc.Unsafe.allocateMemory(J)J:630",
                            "com.acme.Main.main([Ljava/lang/String;)V:42",
                            Recorded.ROOT_FRAME,
                            Recorded.RUN_FRAME);
            assertThat(event.getStackTrace().isTruncated()).isFalse();
        }
        assertThat(replay.failures()).isZero();
    }

    @Test
    void aStackSeenBeforeNeedsNoNewClasses() throws Exception {
        Recorded.publish(replay, List.of(List.of(MALLOC, ALLOCATE_MEMORY, MAIN)));
        long before = replay.classesGenerated();

        Recorded.publish(replay, List.of(List.of(MALLOC, ALLOCATE_MEMORY, MAIN)));

        assertThat(replay.classesGenerated()).isEqualTo(before).isPositive();
    }

    @Test
    void oneLibraryIsOneClassPerStack() throws Exception {
        List<FrameName> frames = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            frames.add(function("f" + i));
        }

        assertThat(replay(frames)).hasSize(40).startsWith("libfoo.f0()", "libfoo.f1()");

        assertThat(replay.classesGenerated())
                .as("interfaces of four, libfoo, root, and what is shown without room")
                .isEqualTo(10 + 2 + 3);
    }

    /** Each pair of a line and a callee of its is a call of its own, but needs no class of its own. */
    @Test
    void stacksMadeReadyTogetherShareTheirClasses() throws Exception {
        List<List<FrameName>> stacks = new ArrayList<>();
        List<ReplayableStack> together = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            FrameName middle = FrameName.ofJava("com.acme.Many", "middle" + i % 7, "(J)D", 10 + i % 20, "");
            FrameName outer = FrameName.ofJava("com.acme.Many", "outer", "()V", i, "");
            stacks.add(List.of(MALLOC, middle, outer, MAIN));
            together.add(replay.prepare(stacks.get(i)));
        }
        replay.rehearse(together);
        assertThat(together).allMatch(replay::isReady);
        assertThat(replay.classesGenerated()).isLessThan(16);

        List<RecordedEvent> events = Recorded.publish(replay, stacks);

        for (int i = 0; i < 200; i++) {
            String line = i == 0 ? "" : ":" + i;
            assertThat(Recorded.replayed(events.get(i)))
                    .containsExactly(
                            "libc.malloc()",
                            "com.acme.Many.middle" + i % 7 + "(J)D:" + (10 + i % 20),
                            "com.acme.Many.outer()" + line,
                            "com.acme.Main.main([Ljava/lang/String;)V:42");
        }
    }

    @Test
    void recursionIsReplayedFrameByFrame() throws Exception {
        List<FrameName> frames = new ArrayList<>(List.of(MALLOC));
        frames.addAll(Collections.nCopies(30, function("recurse")));
        frames.add(MAIN);

        List<String> stack = replay(frames);

        assertThat(stack).hasSize(32);
        assertThat(stack.subList(1, 31)).containsOnly("libfoo.recurse()");
    }

    @Test
    void linesTellApartCallsInTheSameMethod() throws Exception {
        FrameName other = FrameName.ofJava("com.acme.Main", "main", "([Ljava/lang/String;)V", 43, "Main.main:43");
        FrameName unknown = FrameName.ofJava("com.acme.Main", "main", "([Ljava/lang/String;)V", 0, "Main.main");
        FrameName absurd = FrameName.ofJava("com.acme.Main", "main", "([Ljava/lang/String;)V", 70_000, "Main.main");

        List<RecordedEvent> events = Recorded.publish(
                replay,
                List.of(List.of(MALLOC, MAIN), List.of(MALLOC, other), List.of(MALLOC, unknown), List.of(absurd)));

        assertThat(events.stream().map(e -> Recorded.stack(e).get(1)).limit(3))
                .containsExactly(
                        "com.acme.Main.main([Ljava/lang/String;)V:42",
                        "com.acme.Main.main([Ljava/lang/String;)V:43",
                        "com.acme.Main.main([Ljava/lang/String;)V");
        assertThat(Recorded.stack(events.get(3))).startsWith("com.acme.Main.main([Ljava/lang/String;)V");
    }

    @Test
    void hiddenFramesAreInNeitherStackNorText() throws Exception {
        FrameName hidden = new FrameName("stub", "stub", "()V", 0, "~stub", true);
        assertThat(replay(List.of(MALLOC, hidden, MAIN)))
                .containsExactly("libc.malloc()", "com.acme.Main.main([Ljava/lang/String;)V:42");

        assertThat(replay.prepare(List.of(MALLOC, hidden, MAIN)).text())
                .isEqualTo("malloc+0x0 (libc.so.6)\nMain.main:42");
    }

    @Test
    void aStackWithoutFramesIsAnEventAllTheSame() throws Exception {
        List<RecordedEvent> events = Recorded.publish(
                replay, List.of(List.of(), List.of(new FrameName("stub", "stub", "()V", 0, "~stub", true))));

        assertThat(events).hasSize(2);
        assertThat(replay.classesGenerated()).isZero();
        assertThat(replay.failures()).isZero();
    }

    @Test
    void nothingIsGeneratedForAnEventThatNobodyWants() throws Exception {
        try (QueuePublisher publisher = QueuePublisher.started(replay);
                Recording recording = Recorded.start("NativeLeak")) {
            publisher.put(new Publication(new NativeAllocationEvent(), replay.prepare(List.of(MALLOC, MAIN))));
            publisher.await();

            assertThat(Recorded.stop(recording)).isEmpty();
            assertThat(replay.classesGenerated()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "wait",
                "notify",
                "notifyAll",
                "finalize",
                "clone",
                "getClass",
                "hashCode",
                "toString",
                "equals",
                "calling",
                "stack",
                "next",
                "run",
                "commit",
                "main",
                "<init>",
                "<clinit>",
                "std::vector<int>::push_back",
                "operator new[](unsigned long)",
                "operator->",
                "a.b;c[d]e/f",
                "~Foo",
                "",
                ".",
                "/",
                "⁠",
                "lambda$main$0",
                "_ZN3fooC1Ev",
                "\u0000\u0007\u007f",
                "naïve→",
                "😀",
                "\ud83d",
                "a\nb",
                "[libc.so.6+0x1234]"
            })
    void anyMethodNameIsReplayed(String name) throws Exception {
        List<FrameName> frames = List.of(
                MALLOC, function(name), function("middle"), function(name), FrameName.ofJava(name, name, name, 1, ""));

        List<String> stack = replay(frames);

        assertThat(stack).hasSize(5);
        assertThat(stack.get(1)).isEqualTo(stack.get(3)).doesNotContain("\n");
        assertThat(stack.get(1).replace("\u2060", "")).startsWith("libfoo.").endsWith("()");
        assertThat(replay.failures()).isZero();
    }

    @Test
    void methodsOfObjectKeepTheirNamesForReaders() throws Exception {
        List<String> stack = replay(List.of(
                MALLOC,
                FrameName.ofJava("java.lang.Object", "wait", "(J)V", 0, ""),
                FrameName.ofJava("java.lang.Object", "wait", "()V", 338, ""),
                FrameName.ofJava("java.lang.Thread", "run", "()V", 840, "")));

        assertThat(stack.stream().map(frame -> frame.replace("\u2060", "")))
                .containsExactly(
                        "libc.malloc()",
                        "java.lang.Object.wait(J)V",
                        "java.lang.Object.wait():338",
                        "java.lang.Thread.run():840");
        assertThat(stack.get(3)).contains("java.lang.Thread.run()");
    }

    @Test
    void namesOfTheReplayItselfDoNotHideIt() throws Exception {
        List<FrameName> frames = new ArrayList<>();
        for (String name : List.of(
                "io.dwunw.jfr.ReplayNode",
                "io.dwunw.jfr.EventSlot",
                "io.dwunw.jfr.ReplayRoot",
                "io.dwunw.jfr.callee.C0",
                "jdk.jfr.Event",
                "java.lang.Object",
                "dwunw",
                "a..b",
                ".",
                "com.acme.Main$$Lambda/0x00007f",
                "[Lcom.acme.Main;",
                "jdk.internal.event.Event",
                "javax.crypto.Cipher",
                "sun.nio.ch.Net")) {
            frames.add(FrameName.ofJava(name, "stack", "()V", 7, ""));
            frames.add(FrameName.ofJava(name, "f", "(L" + name.replace('.', '/') + ";)V", 7, ""));
        }

        assertThat(replay(frames)).hasSize(frames.size());

        assertThat(replay.failures()).isZero();
    }

    /** Loaders of caller and callee must agree on the types of a descriptor, also if they define such classes. */
    @Test
    void typesInDescriptorsMayBeReplayedClassesOfManyLoaders() throws Exception {
        List<List<FrameName>> stacks = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            List<FrameName> frames = new ArrayList<>();
            for (int k = 0; k < 10; k++) {
                String type = "com.acme.T" + (i + k) % 7;
                String argument = "com/acme/T" + (i * k) % 7;
                frames.add(FrameName.ofJava(type, "visit", "(L" + argument + ";)[L" + argument + ";", 0, ""));
            }
            stacks.add(frames);
        }

        List<RecordedEvent> events = Recorded.publish(replay, stacks);

        assertThat(replay.failures()).isZero();
        for (int i = 0; i < stacks.size(); i++) {
            assertThat(Recorded.replayed(events.get(i))).hasSameSizeAs(stacks.get(i));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "()",
                "(",
                ")V",
                "()VV",
                "(V)V",
                "(L;)V",
                "(La//b;)V",
                "(Lfoo)V",
                "([)V",
                "()Q",
                "(La.b;)V",
                "()[",
                "null",
                "(I",
                "(Ljava/lang/String)V",
                "<T:>()V"
            })
    void brokenDescriptorsBecomeEmpty(String descriptor) throws Exception {
        assertThat(replay(List.of(FrameName.ofJava("a.B", "m", descriptor, 3, ""), MAIN)))
                .first()
                .isEqualTo("a.B.m():3");
    }

    @Test
    void tooManyParametersBecomeNone() throws Exception {
        List<String> stack = replay(List.of(
                MALLOC,
                FrameName.ofJava("a.B", "fits", "(" + "J".repeat(127) + ")D", 3, ""),
                FrameName.ofJava("a.B", "not", "(" + "J".repeat(127) + "I)D", 3, ""),
                FrameName.ofJava("a.B", "dims", "(" + "[".repeat(256) + "I)D", 3, ""),
                FrameName.ofJava("a.B", "kinds", "(BCDFIJSZ[I[[Ljava/util/List;La/B;)[J", 3, ""),
                MAIN));

        assertThat(stack.subList(1, 4))
                .containsExactly("a.B.fits(" + "J".repeat(127) + ")D:3", "a.B.not():3", "a.B.dims():3");
        assertThat(stack.get(4).replace("\u2060", "")).isEqualTo("a.B.kinds(BCDFIJSZ[I[[Ljava/util/List;La/B;)[J:3");
    }

    @Test
    void longNamesAreCutButStayDifferent() throws Exception {
        String prefix = "std::map<".repeat(10_000);
        List<String> stack = replay(List.of(function(prefix + "a"), function(prefix + "b"), MAIN));

        assertThat(stack).hasSize(3);
        assertThat(stack.get(0)).isNotEqualTo(stack.get(1)).hasSizeLessThan(2 * ClassFileNames.MAX_LENGTH);
    }

    @Test
    void whatDoesNotFitIsLeftOutInTheMiddle() throws Exception {
        List<FrameName> frames = new ArrayList<>();
        for (int i = 0; i < 150; i++) {
            frames.add(function("f" + i));
        }

        List<RecordedEvent> events = Recorded.publish(replay, List.of(frames));

        assertThat(events.get(0).getStackTrace().isTruncated()).isFalse();
        List<String> stack = Recorded.replayed(events.get(0));
        assertThat(stack).hasSize(RecordingDepth.DEFAULT - ReplayThread.NOISE_FRAMES);
        assertThat(stack).startsWith("libfoo.f0()", "libfoo.f1()").endsWith("libfoo.f148()", "libfoo.f149()");
        assertThat(stack).containsOnlyOnce("···.89 frames ···()");
        assertThat(stack.indexOf("···.89 frames ···()")).isEqualTo(46);
    }

    /** Any stacks over few names, so that edges are shared, recursive and repeated in all ways. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void randomStacksComeBackAsTheyWere(long seed) throws Exception {
        Random random = new Random(seed);
        String[] classes = {"libc.so.6", "libz.so.1", "a.B", "a.C", "java.util.List", "X"};
        String[] descriptors = {"()V", "(I)J", "(La/B;)V", "([[DLX;)La/C;", "(Ljava/lang/String;)Z"};
        List<List<FrameName>> stacks = new ArrayList<>();
        Set<Integer> sizes = new HashSet<>();
        for (int i = 0; i < 300; i++) {
            List<FrameName> frames = new ArrayList<>();
            int size = 1 + random.nextInt(60);
            sizes.add(size);
            for (int k = 0; k < size; k++) {
                String owner = classes[random.nextInt(classes.length)];
                String method = "m" + random.nextInt(5);
                frames.add(
                        owner.contains(".so")
                                ? FrameName.ofNative(owner, method, "")
                                : FrameName.ofJava(
                                        owner,
                                        method,
                                        descriptors[random.nextInt(descriptors.length)],
                                        random.nextInt(4),
                                        ""));
            }
            stacks.add(frames);
        }

        List<RecordedEvent> events = Recorded.publish(replay, stacks);

        assertThat(sizes).hasSizeGreaterThan(30);
        assertThat(events).hasSameSizeAs(stacks);
        for (int i = 0; i < stacks.size(); i++) {
            assertThat(Recorded.replayed(events.get(i)).stream().map(frame -> frame.replace("\u2060", "")))
                    .containsExactlyElementsOf(stacks.get(i).stream()
                            .map(StackReplayTest::expected)
                            .toList());
        }
    }

    private static String expected(FrameName frame) {
        String arguments = frame.descriptor().equals("()V") ? "()" : frame.descriptor();
        return frame.className() + '.' + frame.methodName() + arguments + (frame.line() > 0 ? ":" + frame.line() : "");
    }
}

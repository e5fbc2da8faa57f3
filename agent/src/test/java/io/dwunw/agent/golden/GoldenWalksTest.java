// SPDX-License-Identifier: MIT
package io.dwunw.agent.golden;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.agent.hotspot.JavaFramesUnavailableException;
import io.dwunw.agent.stack.StackState;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Replays walks that were recorded elsewhere: they give the same frames, and the same honesty where a part is missing
 * or wrong.
 */
final class GoldenWalksTest {
    private static final int[] JDKS = {17, 21, 25};
    /** It has upcall stubs, and does not say where they keep the anchor of the Java frames further out. */
    private static final int WITHOUT_UPCALL_ANCHOR = 21;

    private static final String UPCALL_STUB = "  libjvm.so!<upcall_stub> [stub]";
    private static final int CUT_STEP = 24;
    private static final int DAMAGED_REPLAYS = 60;
    private static final int DAMAGED_WORDS = 200;
    private static final int DAMAGED_TABLE_WORDS = 5;
    private static final long SEED = 20261122;
    private static final Pattern GENERATED_CODE = Pattern.compile(".* \\[[^]]*](| \\(hidden\\))");
    private static final String UNKNOWN = "  unknown.unknown(Unknown Source)";

    static Stream<Arguments> walks() throws IOException {
        List<Arguments> all = new ArrayList<>();
        for (int jdk : JDKS) {
            for (RecordedSample sample : Recording.ofJdk(jdk).samples()) {
                all.add(Arguments.of(jdk, sample.name()));
            }
        }
        return all.stream();
    }

    static Stream<Arguments> walksWithAnchors() throws IOException {
        List<Arguments> all = new ArrayList<>();
        for (int jdk : JDKS) {
            for (RecordedSample sample : Recording.ofJdk(jdk).samples()) {
                // The recorder does not know virtual threads' carriers.
                if (sample.hasAnchor()) {
                    all.add(Arguments.of(jdk, sample.name()));
                }
            }
        }
        return all.stream();
    }

    /** The text that is kept beside a recording. */
    private static List<String> golden(int jdk) throws IOException {
        try (InputStream in = GoldenWalksTest.class.getResourceAsStream("/golden/jdk" + jdk + ".txt")) {
            return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
        }
    }

    /** State and frames of one walk. */
    private static List<String> golden(int jdk, String name) throws IOException {
        List<String> lines = golden(jdk);
        int from = 0;
        while (!lines.get(from).startsWith(name + ": ")) {
            from++;
        }
        int to = from;
        while (!lines.get(to).isEmpty()) {
            to++;
        }
        return lines.subList(from + 1, to);
    }

    private static RecordedSample sample(Recording recording, String name) {
        return recording.samples().stream()
                .filter(sample -> sample.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @ParameterizedTest(name = "JDK {0}, {1}")
    @MethodSource("walks")
    void everyFrameIsAsItWas(int jdk, String name) throws Exception {
        Recording recording = Recording.ofJdk(jdk);

        List<String> replayed = Replay.of(recording).text(sample(recording, name));

        assertThat(replayed).containsExactlyElementsOf(golden(jdk, name));
    }

    /** One walker for all of them: what it remembers of one walk must not change another. */
    @ParameterizedTest(name = "JDK {0}")
    @ValueSource(ints = {17, 21, 25})
    void theOrderDoesNotMatter(int jdk) throws Exception {
        Recording recording = Recording.ofJdk(jdk);
        Replay replay = Replay.of(recording);
        for (int round = 0; round < 2; round++) {
            for (int i = recording.samples().size() - 1; i >= 0; i--) {
                RecordedSample sample = recording.samples().get(i);
                assertThat(replay.text(sample)).containsExactlyElementsOf(golden(jdk, sample.name()));
            }
        }
    }

    /** The recordings cover what they are there for. */
    @ParameterizedTest(name = "JDK {0}")
    @ValueSource(ints = {17, 21, 25})
    void everyKindOfCodeIsThere(int jdk) throws IOException {
        assertThat(String.join("\n", golden(jdk)))
                .contains("[interpreted]", "[C1]", "[C2]", "[inlined]", "[native wrapper]")
                .contains("[C2 on-stack replacement]", "[C2 deoptimised]", "<call_stub> [stub]", "(hidden)");
    }

    @ParameterizedTest(name = "JDK {0}, {1}")
    @MethodSource("walks")
    void aCutStackKeepsItsInnermostFrames(int jdk, String name) throws Exception {
        Recording recording = Recording.ofJdk(jdk);
        RecordedSample sample = sample(recording, name);
        Replay replay = Replay.of(recording);
        List<String> whole = golden(jdk, name);
        int longest = 0;
        // The last bytes of a stack are the thread's own data, outside all frames.
        for (int bytes = 0; bytes < sample.stack().length / 2; bytes += CUT_STEP) {
            List<String> cut = replay.text(sample.cut(bytes));
            assertThat(cut.get(0)).isEqualTo("state: " + StackState.STACK_CUT.text());
            assertThat(whole.subList(1, whole.size()))
                    .startsWith(cut.subList(1, cut.size()).toArray(new String[0]));
            assertThat(cut.size()).isGreaterThanOrEqualTo(longest);
            longest = cut.size();
        }
        assertThat(longest).isGreaterThan(2);
    }

    /** Where no native code has unwind information the anchors lead to the same Java frames. */
    @ParameterizedTest(name = "JDK {0}, {1}")
    @MethodSource("walksWithAnchors")
    void anchorsLeadToTheSameJavaFrames(int jdk, String name) throws Exception {
        Recording recording = Recording.ofJdk(jdk);
        Replay replay = new Replay(recording, recording.memory().replay(), false);

        List<String> replayed = replay.text(sample(recording, name));

        assertThat(replayed.get(0)).isEqualTo("state: " + StackState.NO_MODULE.text());
        List<String> expected = java(golden(jdk, name));
        if (jdk == WITHOUT_UPCALL_ANCHOR && expected.contains(UPCALL_STUB)) {
            expected = expected.subList(0, expected.indexOf(UPCALL_STUB) + 1);
        }
        assertThat(java(replayed)).isNotEmpty().isEqualTo(expected);
    }

    private static List<String> java(List<String> lines) {
        return lines.stream()
                .filter(line -> GENERATED_CODE.matcher(line).matches())
                .toList();
    }

    @ParameterizedTest(name = "JDK {0}, {1}")
    @MethodSource("walks")
    void hiddenFramesAreShownOnlyWhereTheyAreWanted(int jdk, String name) throws Exception {
        Recording recording = Recording.ofJdk(jdk);
        Replay replay = Replay.of(recording);
        RecordedSample sample = sample(recording, name);
        List<String> whole = golden(jdk, name);
        long hidden = whole.stream().filter(line -> line.endsWith("(hidden)")).count();

        assertThat(hidden).isPositive();
        assertThat(replay.shown(sample, true)).hasSize(whole.size() - 1);
        assertThat(replay.shown(sample, false))
                .hasSize(whole.size() - 1 - (int) hidden)
                .noneMatch(frame -> frame.className().contains("$$Lambda"))
                .noneMatch(frame -> frame.className().contains("LambdaForm$"));
    }

    /** After an unloading a frame of an older stack is the right one or unknown, and the state says so. */
    @ParameterizedTest(name = "JDK {0}, {1}")
    @MethodSource("walks")
    void afterAnUnloadingNoFrameIsNamedWrongly(int jdk, String name) throws Exception {
        Recording recording = Recording.ofJdk(jdk);
        Replay replay = Replay.of(recording);
        replay.unloadClass();

        List<String> replayed = replay.text(sample(recording, name));

        List<String> whole = golden(jdk, name);
        // How much time has passed since then decides whether compiled code is still believed.
        if (replayed.size() == whole.size()) {
            String gone = "state: " + StackState.METHOD_GONE.text();
            boolean complete = whole.get(0).equals("state: " + StackState.COMPLETE.text());
            assertThat(replayed.get(0)).isIn(gone, complete ? gone : whole.get(0));
        } else {
            assertThat(replayed.get(0)).isEqualTo("state: " + StackState.CODE_REPLACED.text());
        }
        int unknown = 0;
        for (int i = 1; i < replayed.size(); i++) {
            if (replayed.get(i).startsWith(UNKNOWN)) {
                assertThat(whole.get(i)).matches(GENERATED_CODE);
                unknown++;
            } else {
                assertThat(replayed.get(i)).isEqualTo(whole.get(i));
            }
        }
        assertThat(unknown > 0 || replayed.size() < whole.size()).isTrue();
    }

    @ParameterizedTest(name = "JDK {0}")
    @ValueSource(ints = {17, 21, 25})
    void damagedMemoryEndsInAWalkAllTheSame(int jdk) throws Exception {
        Recording recording = Recording.ofJdk(jdk);
        RecordedMemory tables = RecordedMemory.of(recording.memory().replay());
        assertThat(new Replay(recording, tables, true)).isNotNull();
        Random random = new Random(SEED);
        int changed = 0;
        for (int i = 0; i < DAMAGED_REPLAYS; i++) {
            RecordedMemory memory = recording.memory().damaged(random, 1 + random.nextInt(DAMAGED_WORDS), tables);
            Replay replay = new Replay(recording, memory, true);
            for (RecordedSample sample : recording.samples()) {
                List<String> text = replay.text(sample);
                changed += text.equals(golden(jdk, sample.name())) ? 0 : 1;
                assertThat(replay.walk(damaged(sample, random)).count()).isPositive();
            }
        }
        assertThat(changed).isPositive();
    }

    /** The JVM's own description, damaged: it is refused, or it is not. */
    @ParameterizedTest(name = "JDK {0}")
    @ValueSource(ints = {17, 21, 25})
    void damagedTablesDoNoHarm(int jdk) throws Exception {
        Recording recording = Recording.ofJdk(jdk);
        Random random = new Random(SEED);
        int refused = 0;
        for (int i = 0; i < DAMAGED_REPLAYS; i++) {
            RecordedMemory memory =
                    recording.memory().damaged(random, 1 + random.nextInt(DAMAGED_TABLE_WORDS), RecordedMemory.empty());
            try {
                Replay replay = new Replay(recording, memory, true);
                for (RecordedSample sample : recording.samples()) {
                    assertThat(replay.text(sample)).isNotEmpty();
                }
            } catch (JavaFramesUnavailableException expected) {
                refused++;
            }
        }
        assertThat(refused).isBetween(1, DAMAGED_REPLAYS - 1);
    }

    private static RecordedSample damaged(RecordedSample sample, Random random) {
        byte[] stack = sample.stack();
        for (int i = random.nextInt(100); i > 0; i--) {
            stack[random.nextInt(stack.length)] = (byte) random.nextInt();
        }
        return sample.withStack(stack);
    }
}

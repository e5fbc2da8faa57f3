// SPDX-License-Identifier: MIT
package io.dwunw.agent.truth;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.agent.truth.ChildJvm.Outcome;
import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.opentest4j.TestAbortedException;

/**
 * Every frame of every walked stack against the JVM's own view, over the ways in which a JVM runs code. With the system
 * property {@code dwunw.truth.factor} each run takes that many times the samples.
 */
final class WalkTruthTest {
    private static final int FACTOR = Integer.getInteger("dwunw.truth.factor", 1);
    /** The JDKs whose frames are walked. */
    private static final int[] FEATURES = Boolean.getBoolean("dwunw.jdk21") ? new int[] {21} : new int[] {17, 25};
    /** The one of these that has virtual threads and foreign function calls. */
    private static final int LATER = FEATURES[FEATURES.length - 1];

    private static final Totals TOTALS = new Totals();
    /** What the agent does by itself, through {@code Instrumentation}. */
    private static final String OPENED = "--add-opens=java.base/java.lang=ALL-UNNAMED";

    private static final int FIRST_WITH_COMPACT_HEADERS = 25;
    /** Not every vendor builds it. */
    private static final String SHENANDOAH = "-XX:+UseShenandoahGC";

    /** One walk in so many may come so late, on a busy machine, that it has to be made again with another sample. */
    private static final int MAX_LATE = 5;

    private static final String DEPTH = "20";
    private static final String SEED = "20261122";

    @TempDir
    private static Path directory;

    private static Path library;
    private static Path agent;
    private static String classPath;

    @BeforeAll
    static void build() throws Exception {
        library = ChildJvm.buildLibrary(directory);
        agent = ChildJvm.buildAgent(directory);
        classPath = ChildJvm.classPath();
    }

    @AfterAll
    static void printTotals() {
        TOTALS.print();
    }

    static IntStream features() {
        return IntStream.of(FEATURES);
    }

    /**
     * JDK, samples, kinds of frames that must be among them, flags. Interpreted runs are slow, as is the walker in
     * them.
     */
    static Stream<Arguments> configurations() {
        List<Arguments> all = new ArrayList<>();
        for (int feature : FEATURES) {
            add(all, feature, 10_000, "interpreted c1 c2 inlined native_wrapper call_stub");
            add(all, feature, 1000, "c1 c2 inlined osr", "-Xbatch");
            add(all, feature, 1000, "c2 inlined osr", "-Xbatch", "-XX:-TieredCompilation");
            add(all, feature, 150, "interpreted call_stub", "-Xint");
            add(all, feature, 1000, "c1 inlined", "-XX:TieredStopAtLevel=1");
            add(all, feature, 300, "c1 inlined", "-Xcomp", "-XX:TieredStopAtLevel=1");
            add(all, feature, 150, "c2 inlined", "-Xcomp");
            addLayouts(all, feature);
            addCollectors(all, feature);
        }
        return all.stream();
    }

    /** How frames and the code cache are laid out, and what the JVM starts from. */
    private static void addLayouts(List<Arguments> all, int feature) {
        add(all, feature, 500, "c1 inlined", "-XX:+PreserveFramePointer");
        add(all, feature, 500, "c1 c2 inlined", "-XX:+PreserveFramePointer", "-Xbatch");
        add(all, feature, 500, "c1 inlined", "-XX:-SegmentedCodeCache", "-Xshare:off");
        add(all, feature, 500, "c1", "-XX:+PreserveFramePointer", "-XX:-SegmentedCodeCache");
        add(all, feature, 500, "c1", "-XX:ReservedCodeCacheSize=5m", "-XX:+UseSerialGC");
        add(all, feature, 500, "c1", "-XX:-UsePerfData", "-XX:-UseCompressedOops", "-XX:-UseCompressedClassPointers");
        if (feature >= FIRST_WITH_COMPACT_HEADERS) {
            add(all, feature, 500, "c1 inlined", "-XX:+UseCompactObjectHeaders");
        }
    }

    private static void addCollectors(List<Arguments> all, int feature) {
        add(all, feature, 500, "c1 inlined", "-XX:+UseG1GC");
        add(all, feature, 500, "c1", "-XX:+UseSerialGC", "-XX:-Inline");
        add(all, feature, 500, "c1", "-XX:+UseParallelGC", "-XX:-UseOnStackReplacement");
        add(all, feature, 500, "c1 inlined", "-XX:+UseZGC");
        if (feature == 21) {
            add(all, feature, 500, "c1 inlined", "-XX:+UseZGC", "-XX:+ZGenerational");
        }
        add(all, feature, 500, "c1 inlined", SHENANDOAH);
        add(all, feature, 500, "c1 c2 inlined", SHENANDOAH, "-Xbatch");
        add(all, feature, 500, "c1 c2 inlined", "-XX:+UseZGC", "-Xbatch");
    }

    private static void add(List<Arguments> to, int feature, int samples, String kinds, String... flags) {
        to.add(Arguments.of(feature, samples, kinds, List.of(flags)));
    }

    @ParameterizedTest(name = "JDK {0}, {1} samples, {3}")
    @MethodSource("configurations")
    void walksEveryStackExactly(int feature, int samples, String kinds, List<String> flags) throws Exception {
        int total = samples * FACTOR;
        List<String> all = new ArrayList<>(flags);
        all.add("-D" + TruthProgram.KINDS + "=" + kinds);
        Outcome outcome = run(feature, all, TruthProgram.class, total);
        long compared = outcome.count("samples");
        assertThat(outcome.exitCode()).as(outcome.output()).isZero();
        assertThat(outcome.count("wrong")).as(outcome.output()).isZero();
        if (flags.equals(List.of("-Xcomp"))) {
            // All that runs was compiled a moment ago, and JDK 17's sweeper does not rest: some code is in doubt.
            assertThat(outcome.count("exact")).as(outcome.output()).isGreaterThanOrEqualTo(compared * 95 / 100);
        } else {
            assertThat(outcome.count("exact") + outcome.count("late"))
                    .as(outcome.output())
                    .isEqualTo(compared);
        }
        assertThat(outcome.count("late")).as(outcome.output()).isLessThanOrEqualTo(total / MAX_LATE);
        assertThat(outcome.count("nativeFrames")).as(outcome.output()).isGreaterThan(10L * total);
        assertThat(compared).as(outcome.output()).isGreaterThanOrEqualTo(total);
        for (String kind : kinds.split(" ", -1)) {
            assertThat(outcome.count(kind)).as(kind + ": " + outcome.output()).isPositive();
        }
    }

    static Stream<Arguments> deoptimisations() {
        return IntStream.of(FEATURES)
                .boxed()
                .flatMap(feature -> Stream.of(
                        Arguments.of(feature, List.of()),
                        Arguments.of(feature, List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")),
                        Arguments.of(
                                feature,
                                List.of(
                                        "-Xbatch",
                                        "-XX:-TieredCompilation",
                                        "-XX:CompileThreshold=200",
                                        "-XX:+UseParallelGC"))));
    }

    /** Classes are replaced while their methods are on the stack, also compiled ones. */
    @ParameterizedTest(name = "JDK {0}, {1}")
    @MethodSource("deoptimisations")
    void walksFramesThatWillBeDeoptimisedExactly(int feature, List<String> flags) throws Exception {
        int total = 1000 * FACTOR;
        List<String> all = new ArrayList<>(flags);
        all.add("-javaagent:" + agent);
        Outcome outcome = run(feature, all, TruthProgram.class, total, ChangingCalls.class.getName());
        assertThat(outcome.exitCode()).as(outcome.output()).isZero();
        assertThat(outcome.count("wrong")).as(outcome.output()).isZero();
        // A method that was replaced while its stack was on its way to the walker may be unknown to it.
        assertThat(outcome.count("exact")).as(outcome.output()).isGreaterThan(total * 9L / 10);
        assertThat(outcome.count("deoptimised")).as(outcome.output()).isPositive();
    }

    static Stream<Arguments> changes() {
        List<Arguments> all = new ArrayList<>();
        for (int feature : FEATURES) {
            for (String change : List.of("unload", "retransform")) {
                all.add(Arguments.of(feature, change, 1000, List.of()));
                all.add(Arguments.of(feature, change, 150, List.of("-Xint")));
                all.add(Arguments.of(feature, change, 1000, List.of("-XX:+UseSerialGC")));
            }
        }
        return all.stream();
    }

    @ParameterizedTest(name = "JDK {0}, {1}, {2} samples, {3}")
    @MethodSource("changes")
    void neverNamesAWrongMethodWhenClassesGo(int feature, String change, int samples, List<String> flags)
            throws Exception {
        int total = samples * FACTOR;
        List<String> all = new ArrayList<>(flags);
        all.add("-javaagent:" + agent);
        Outcome outcome = run(feature, all, StaleProgram.class, total, change);
        assertThat(outcome.exitCode()).as(outcome.output()).isZero();
        assertThat(outcome.count("wrong")).as(outcome.output()).isZero();
        assertThat(outcome.count("samples")).isEqualTo(total);
        // Walks that come late may not know a method, but they do not lose their way, unless all code is in doubt.
        long inTime = total - outcome.count("late");
        assertThat(outcome.count("javaFrames")).as(outcome.output()).isGreaterThanOrEqualTo(inTime * 10L);
        if (change.equals("retransform")) {
            assertThat(outcome.count("exact")).as(outcome.output()).isGreaterThanOrEqualTo(inTime / 50);
        }
    }

    static Stream<Arguments> collectors() {
        return Stream.of("-XX:+UseG1GC", "-XX:+UseSerialGC", "-XX:+UseParallelGC", "-XX:+UseZGC", "-XX:-UsePerfData")
                .map(Arguments::of);
    }

    /** Collections that may have freed code do not make it doubtful, though it was never looked at before. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("collectors")
    void believesCodeThatIsStillThereHoweverLateTheWalk(String collector) throws Exception {
        int total = 96;
        List<String> flags = List.of("-XX:TieredStopAtLevel=1", "-XX:CompileThresholdScaling=0.02", collector);
        Outcome outcome = run(LATER, flags, StaleProgram.class, total, "collect");
        assertThat(outcome.exitCode()).as(outcome.output()).isZero();
        assertThat(outcome.count("wrong")).as(outcome.output()).isZero();
        // Code that was given up meanwhile, as a class was loaded, is gone.
        assertThat(outcome.count("exact")).as(outcome.output()).isGreaterThanOrEqualTo(total * 95L / 100);
    }

    static Stream<Arguments> laterCalls() {
        List<Arguments> all = new ArrayList<>();
        for (String calls : List.of("ForeignCalls", "VirtualSteps")) {
            all.add(Arguments.of(calls, 1000, List.of()));
            all.add(Arguments.of(calls, 150, List.of("-Xint")));
            all.add(Arguments.of(calls, 500, List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")));
        }
        return all.stream();
    }

    /** Foreign function calls, which the JDK that runs the tests may not be able to compile, and virtual threads. */
    @ParameterizedTest(name = "{0}, {1} samples, {2}")
    @MethodSource("laterCalls")
    void walksCallsOfLaterJdks(String calls, int samples, List<String> flags) throws Exception {
        Path home = ChildJvm.requireHome(LATER);
        Path compiled = directory.resolve("later");
        Path source = Path.of("src/test/jdk25/io/dwunw/agent/truth/ForeignCalls.java");
        List<String> javac = new ArrayList<>(List.of(home.resolve("bin/javac").toString()));
        if (LATER == 21) {
            javac.addAll(List.of("--enable-preview", "--release", "21"));
        }
        javac.addAll(List.of("-cp", classPath, "-d", compiled.toString(), source.toString()));
        Outcome compilation = ChildJvm.start(javac);
        assertThat(compilation.exitCode()).as(compilation.output()).isZero();
        String both = compiled + File.pathSeparator + classPath;
        List<String> all = new ArrayList<>(flags);
        if (LATER == 21) {
            all.add("--enable-preview");
        }
        all.add("-Dtruth.library=" + library);
        int total = samples * FACTOR;
        Outcome outcome =
                run(LATER, all, both, TruthProgram.class, total, TruthProgram.class.getPackageName() + "." + calls);
        assertThat(outcome.exitCode()).as(outcome.output()).isZero();
        assertThat(outcome.count("exact") + outcome.count("frozen"))
                .as(outcome.output())
                .isEqualTo(total);
        assertThat(outcome.count("exact")).as(outcome.output()).isGreaterThan(total / 2);
    }

    @ParameterizedTest(name = "JDK {0}")
    @MethodSource("features")
    void anchorsAloneLeadThroughNativeCode(int feature) throws Exception {
        Outcome outcome = run(feature, List.of(OPENED), AnchorProgram.class, 500 * FACTOR);
        assertThat(outcome.exitCode()).as(outcome.output()).isZero();
        assertThat(outcome.count("exact")).as(outcome.output()).isEqualTo(500L * FACTOR);
    }

    @ParameterizedTest(name = "JDK {0}")
    @MethodSource("features")
    void findsThreadsByTheirOsThreads(int feature) throws Exception {
        Outcome outcome = run(feature, List.of(OPENED), ThreadsProgram.class, 1);
        assertThat(outcome.exitCode()).as(outcome.output()).isZero();
        assertThat(outcome.count("threads")).as(outcome.output()).isGreaterThan(2);
    }

    @ParameterizedTest(name = "JDK {0}")
    @MethodSource("features")
    void warmWalksAllocateNothing(int feature) throws Exception {
        int rounds = 50_000;
        Outcome outcome = run(feature, List.of(), WarmProgram.class, rounds);
        assertThat(outcome.exitCode()).as(outcome.output()).isZero();
        assertThat(outcome.count("framesPerStack")).as(outcome.output()).isGreaterThan(40);
        // One byte a walk would be ten times that.
        assertThat(outcome.count("bytes")).as(outcome.output()).isLessThan(rounds / 10);
    }

    private static Outcome run(int feature, List<String> flags, Class<?> program, int samples, String... more)
            throws Exception {
        return run(feature, flags, classPath, program, samples, more);
    }

    private static Outcome run(
            int feature, List<String> flags, String path, Class<?> program, int samples, String... more)
            throws Exception {
        Path home = ChildJvm.requireHome(feature);
        if (flags.contains(SHENANDOAH) && !isBuiltWith(home, SHENANDOAH)) {
            throw new TestAbortedException("this JDK " + feature + " was built without Shenandoah");
        }
        List<String> all = new ArrayList<>(flags);
        if (feature >= 21) {
            all.add("--enable-native-access=ALL-UNNAMED");
        }
        List<String> arguments = new ArrayList<>(List.of(library.toString(), Integer.toString(samples), DEPTH, SEED));
        arguments.addAll(List.of(more));
        Outcome outcome = ChildJvm.run(home, all, path, program.getName(), arguments);
        TOTALS.add(feature, outcome);
        return outcome;
    }

    private static boolean isBuiltWith(Path home, String flag) throws Exception {
        return ChildJvm.start(List.of(home.resolve("bin/java").toString(), flag, "-version"))
                        .exitCode()
                == 0;
    }
}

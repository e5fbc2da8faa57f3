// SPDX-License-Identifier: MIT
package io.dwunw.it.benchmark;

import io.dwunw.dwarf.CallFrameInfo;
import io.dwunw.testkit.NativeProgram;
import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/** Runs all benchmarks, then the peers. Not named like a test, so that only {@code it/benchmarks} runs it. */
final class Benchmarks {
    private static final int MEASURED_IMAGES = 20;
    private static final int LOOKUPS = 1000;

    @Test
    void run() throws IOException, RunnerException {
        Path sources = Path.of(System.getProperty("dwunw.project", ".."), "unwind-core", "src", "test", "c");
        Path program =
                NativeProgram.compile(sources.resolve("walks.c"), "benchmark-walks", "-O2", "-fomit-frame-pointer");
        Path peers =
                NativeProgram.compile(sources.resolve("peers.c"), "benchmark-peers", "-O2", "-fomit-frame-pointer");
        Path recording = program.resolveSibling("benchmark-walks.txt");
        NativeProgram.run(List.of(program.toString(), recording.toString()));
        new Runner(new OptionsBuilder()
                        .include(System.getProperty("dwunw.benchmarks", ".*Benchmark.*"))
                        .jvmArgsAppend("-D" + RecordedWalk.PROPERTY + "=" + recording)
                        .addProfiler(GCProfiler.class)
                        .build())
                .run();
        System.out.println(
                "Retained by a libjvm.so that was opened and used: " + retainedBytes() / 1024 + " KiB of heap");
        System.out.println("Peers, the same walk of " + RecordedWalk.FRAMES + " frames:");
        NativeProgram.run(List.of(peers.toString(), CfiLookupBenchmark.LIBJVM.toString()))
                .forEach(line -> System.out.println("  " + line));
    }

    /** With all that a thousand lookups all over the file leave behind: pages of it, entries read. */
    private static long retainedBytes() {
        @Nullable CallFrameInfo[] opened = new CallFrameInfo[MEASURED_IMAGES];
        List<Long> functions = CfiLookupBenchmark.functions(Objects.requireNonNull(CfiLookupBenchmark.open()));
        long before = usedAfterCollection();
        try {
            for (int i = 0; i < opened.length; i++) {
                CallFrameInfo cfi = Objects.requireNonNull(CfiLookupBenchmark.open());
                for (int lookup = 0; lookup < LOOKUPS; lookup++) {
                    cfi.find(functions.get(lookup * functions.size() / LOOKUPS));
                }
                opened[i] = cfi;
            }
            return (usedAfterCollection() - before) / MEASURED_IMAGES;
        } finally {
            Reference.reachabilityFence(opened);
        }
    }

    private static long usedAfterCollection() {
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }
}

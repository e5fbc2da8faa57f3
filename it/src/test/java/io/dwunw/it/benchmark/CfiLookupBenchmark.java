// SPDX-License-Identifier: MIT
package io.dwunw.it.benchmark;

import io.dwunw.bytes.FileBytes;
import io.dwunw.dwarf.CallFrameInfo;
import io.dwunw.dwarf.CfiSection;
import io.dwunw.dwarf.Fde;
import io.dwunw.dwarf.FdeIndex;
import io.dwunw.dwarf.RowEvaluator;
import io.dwunw.dwarf.UnwindRow;
import io.dwunw.elf.ElfImage;
import io.dwunw.module.ImageCfi;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Rows of libjvm.so, all over it and the same again, and opening libjvm.so itself (aims 50 ms and 8 MiB retained for
 * its 43,000 FDEs). A walk asks for a row once per address, then it has a rule: {@link
 * NativeWalkBenchmark#stepOfOneFrame}.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 4, time = 1)
@Fork(1)
public class CfiLookupBenchmark {
    static final Path LIBJVM = Path.of(System.getProperty("java.home", ""), "lib", "server", "libjvm.so");
    /** Coprime to the number of functions, so that all of them are visited in a scattered order. */
    private static final int STRIDE = 7919;

    private final CallFrameInfo cfi = Objects.requireNonNull(open());
    private final RowEvaluator rows = new RowEvaluator();
    private final List<Long> functions = new ArrayList<>();
    private int next;

    @Setup
    public void collect() {
        functions.addAll(functions(cfi));
    }

    /** An address in the middle of each function. */
    static List<Long> functions(CallFrameInfo cfi) {
        List<Long> found = new ArrayList<>();
        for (CfiSection section : cfi.sections()) {
            FdeIndex.forEach(section, fde -> found.add(fde.startSvma() + fde.bytes() / 2));
        }
        return found;
    }

    @Benchmark
    public @Nullable UnwindRow rowOfLibjvm() {
        next = (next + STRIDE) % functions.size();
        return row(functions.get(next));
    }

    @Benchmark
    public @Nullable UnwindRow rowOfLibjvmAgain() {
        return row(functions.get(functions.size() / 2));
    }

    private @Nullable UnwindRow row(long svma) {
        Fde fde = Objects.requireNonNull(cfi.find(svma));
        return rows.find(fde, svma);
    }

    @Benchmark
    public @Nullable Fde openLibjvm() {
        return Objects.requireNonNull(open()).find(functions.get(functions.size() / 2));
    }

    static @Nullable CallFrameInfo open() {
        try {
            return ImageCfi.of(ElfImage.ofFile(FileBytes.open(LIBJVM)));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}

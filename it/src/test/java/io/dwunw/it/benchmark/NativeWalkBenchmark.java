// SPDX-License-Identifier: MIT
package io.dwunw.it.benchmark;

import io.dwunw.arch.RegisterSet;
import io.dwunw.arch.X86_64;
import io.dwunw.dwarf.CallFrameInfo;
import io.dwunw.module.LoadedModule;
import io.dwunw.module.ModuleMap;
import io.dwunw.module.ProcessImages;
import io.dwunw.symbol.Symboliser;
import io.dwunw.testkit.Snapshot;
import io.dwunw.unwind.NativeUnwinder;
import io.dwunw.unwind.StopReason;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Warm: aims are 2 µs and 0 B/op for a walk of 30 frames, 50 µs for 100 names. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 4, time = 1)
@Fork(1)
public class NativeWalkBenchmark {
    private static final int NAMES = 100;

    private final Snapshot snapshot = RecordedWalk.snapshot();
    private final RegisterSet registers = RegisterSet.prepare(X86_64.ARCHITECTURE);
    private final ModuleMap modules = new ModuleMap(ProcessImages.ofSelf(null));
    private final NativeUnwinder unwinder = new NativeUnwinder(modules);
    private final Symboliser symboliser = new Symboliser();

    private final List<Long> addresses = new ArrayList<>();

    /** And 100 addresses, each in another function of libc. */
    @Setup
    public void map() {
        modules.update(snapshot.maps());
        for (LoadedModule module : modules.modules()) {
            CallFrameInfo cfi = module.name().startsWith("libc.so") ? module.cfi() : null;
            List<Long> functions = cfi == null ? List.of() : CfiLookupBenchmark.functions(cfi);
            for (int i = 0; i < NAMES && !functions.isEmpty(); i++) {
                addresses.add(module.loadBias() + functions.get(i * functions.size() / NAMES));
            }
        }
        if (addresses.size() != NAMES) {
            throw new IllegalStateException("libc's functions were not found");
        }
    }

    @TearDown
    public void close() {
        symboliser.close();
    }

    @Benchmark
    public long walkOf30Frames() {
        registers.copyFrom(snapshot.registers());
        boolean returnAddress = false;
        for (int frame = 1; frame < RecordedWalk.FRAMES; frame++) {
            if (unwinder.step(registers, snapshot.stack(), returnAddress) != StopReason.STEPPED) {
                throw new IllegalStateException("the recording is too short");
            }
            returnAddress = true;
        }
        return registers.pc();
    }

    @Benchmark
    public StopReason stepOfOneFrame() {
        registers.copyFrom(snapshot.registers());
        return unwinder.step(registers, snapshot.stack(), false);
    }

    @Benchmark
    public long symbolise100() {
        long sum = 0;
        for (int i = 0; i < NAMES; i++) {
            long pc = addresses.get(i);
            LoadedModule module = Objects.requireNonNull(modules.find(pc));
            sum += symboliser.symbolise(module, module.svma(pc)).offset();
        }
        return sum;
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.agent.bpf.Allocations;
import io.dwunw.agent.bpf.Recorder;
import io.dwunw.agent.bpf.RequiresBpf;
import io.dwunw.agent.bpf.Tracing;
import io.dwunw.agent.bpf.UprobeConfig;
import io.dwunw.agent.bpf.UprobeEngine;
import io.dwunw.agent.hooks.HooksConfig;
import io.dwunw.agent.hooks.HooksEngine;
import io.dwunw.agent.linux.NativeLibrary;
import io.dwunw.agent.sample.Allocator;
import io.dwunw.agent.sample.Sample;
import io.dwunw.arch.RegisterSet;
import io.dwunw.arch.X86_64;
import io.dwunw.module.LoadedModule;
import io.dwunw.module.ModuleMap;
import io.dwunw.module.ProcessImages;
import io.dwunw.unwind.NativeUnwinder;
import io.dwunw.unwind.StopReason;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** All engines report the same calls alike: same records, same stacks, same sums. */
@RequiresBpf
class EnginesAgreeTest {
    /** All blocks here are more than 23 intervals long, so that uprobes sample them for certain. */
    private static final int INTERVAL = 1;

    enum Kind {
        UPROBE,
        HOOKS_SELF,
        HOOKS_BPF;

        SamplingEngine open(int stackBytes) throws EngineUnavailableException {
            return switch (this) {
                case UPROBE ->
                    UprobeEngine.open(
                            UprobeConfig.of(INTERVAL).withStackBytes(stackBytes).withRingBytes(64 << 20));
                case HOOKS_SELF -> HooksEngine.open(new HooksConfig(INTERVAL, stackBytes, 64 << 20));
                case HOOKS_BPF -> HooksEngine.openWithBpf(new HooksConfig(INTERVAL, stackBytes, 64 << 20));
            };
        }
    }

    @BeforeAll
    static void load() throws Exception {
        NativeLibrary.load();
        Allocations.deepPair(1, 16);
    }

    /** Return addresses and distances between stack pointers: what must not depend on the engine. */
    private static List<String> frames(ModuleMap modules, NativeUnwinder unwinder, Sample sample) {
        RegisterSet registers = RegisterSet.prepare(X86_64.ARCHITECTURE);
        sample.registers(registers);
        long top = registers.sp();
        List<String> frames = new ArrayList<>();
        StopReason reason = StopReason.STEPPED;
        while (reason == StopReason.STEPPED) {
            LoadedModule module = modules.find(registers.pc() - 1);
            frames.add((module == null ? "java" : module.name() + "+" + (registers.pc() - module.lowAvma())) + " at "
                    + (registers.sp() - top));
            reason = module == null ? StopReason.END_OF_STACK : unwinder.step(registers, sample.stack(), true);
        }
        return frames;
    }

    @Test
    void oneCallSiteHasOneStack() throws Exception {
        ModuleMap modules = new ModuleMap(ProcessImages.ofSelf(null));
        modules.update(Files.readString(Path.of("/proc/self/maps")));
        NativeUnwinder unwinder = new NativeUnwinder(modules);
        Map<Kind, List<String>> stacks = new EnumMap<>(Kind.class);
        for (int round = 0; round < 3; round++) { // interpreted frames are the same only once all is linked
            for (Kind kind : Kind.values()) {
                try (SamplingEngine engine = kind.open(64 << 10)) {
                    Tracing.run(
                            engine,
                            sample -> {
                                if (sample.isAllocation() && sample.size() == 82_004) {
                                    stacks.put(kind, frames(modules, unwinder, sample));
                                }
                            },
                            e -> Allocations.deepPair(82_004, 20_000));
                }
            }
        }
        assertThat(stacks).containsOnlyKeys(Kind.values());
        assertThat(stacks.get(Kind.UPROBE))
                .hasSizeGreaterThan(1)
                .first()
                .asString()
                .startsWith("liballocations.so+");
        assertThat(stacks.get(Kind.HOOKS_SELF)).isEqualTo(stacks.get(Kind.UPROBE));
        assertThat(stacks.get(Kind.HOOKS_BPF)).isEqualTo(stacks.get(Kind.UPROBE));
    }

    @ParameterizedTest
    @EnumSource
    void theWholeFamilyIsExact(Kind kind) throws Exception {
        Recorder recorder = new Recorder();
        EngineCounters before = new EngineCounters();
        EngineCounters after = new EngineCounters();
        long[] p = new long[10];
        try (SamplingEngine engine = kind.open(4096)) {
            engine.counters(before);
            Tracing.run(engine, recorder, e -> {
                p[0] = Allocations.malloc(70001);
                p[1] = Allocations.calloc(7, 10011);
                p[2] = Allocations.posixMemalign(64, 70003);
                p[3] = Allocations.alignedAlloc(256, 70005);
                p[4] = Allocations.valloc(70007);
                p[5] = Allocations.pvalloc(70008);
                p[6] = Allocations.reallocarray(0, 7, 10013);
                p[7] = Allocations.realloc(p[0], 90001);
                assertThat(Allocations.realloc(p[7], Long.MAX_VALUE / 2)).isZero();
                p[8] = Allocations.mmap(0, 0x31000, Allocations.PROT_READ_WRITE, Allocations.MAP_PRIVATE_ANONYMOUS);
                p[9] = Allocations.mremap(p[8], 0x31000, 0x91000);
                assertThat(e.isLive(p[7])).isTrue();
                for (int i = 1; i < 8; i++) {
                    Allocations.free(p[i]);
                }
                assertThat(e.isLive(p[7])).isFalse();
                Allocations.munmap(p[9], 0x91000);
            });
            engine.counters(after);
        }
        String[] births = {
            "+malloc 70001",
            "+calloc 70077",
            "+posix_memalign 70003",
            "+aligned_alloc 70005",
            "+valloc 70007",
            "+pvalloc 70008",
            "+reallocarray 70091"
        };
        for (int i = 1; i < births.length; i++) {
            assertThat(recorder.storyOf(p[i])).as(births[i]).containsSubsequence(births[i], "-free 0");
        }
        assertThat(recorder.storyOf(p[0])).containsSubsequence("+malloc 70001", "-realloc 0");
        assertThat(recorder.storyOf(p[7])).containsSubsequence("+realloc 90001", "-realloc 0", "~realloc 0", "-free 0");
        assertThat(recorder.storyOf(p[8])).containsSubsequence("+mmap " + 0x31000, "-mremap " + 0x31000);
        assertThat(recorder.storyOf(p[9])).containsSubsequence("+mremap " + 0x91000, "-munmap " + 0x91000);
        assertThat(after.lost).isEqualTo(before.lost);
        for (Allocator allocator : Allocator.values()) {
            if (allocator != Allocator.CUSTOM && allocator != Allocator.MEMALIGN) {
                assertThat(after.calls(allocator) - before.calls(allocator))
                        .as("%s", allocator)
                        .isPositive();
            }
        }
        long seen = recorder.matching(s -> s.what() == '+').size();
        assertThat(after.samples - before.samples).isEqualTo(seen);
    }

    @ParameterizedTest
    @EnumSource
    void eightThreadsAreAccountedToTheByte(Kind kind) throws Exception {
        int threads = 8;
        int count = 1000;
        int spread = 64;
        long[] samples = new long[threads];
        long[] bytes = new long[threads];
        java.util.Set<Long> live = new java.util.HashSet<>();
        try (SamplingEngine engine = kind.open(4096)) {
            Tracing.run(
                    engine,
                    sample -> {
                        int thread = (int) (sample.size() - 20_000) / 1000;
                        boolean ours = sample.size() >= 20_000 && thread < threads;
                        if (sample.isAllocation() && ours && (sample.size() - 20_000) % 1000 < spread) {
                            samples[thread]++;
                            bytes[thread] += sample.weight();
                            assertThat(live.add(sample.address())).isTrue();
                        } else if (sample.isFree()) {
                            live.remove(sample.address());
                        }
                    },
                    e -> {
                        List<Thread> workers = new ArrayList<>();
                        for (int i = 0; i < threads; i++) {
                            int size = 20_000 + 1000 * i;
                            workers.add(new Thread(() -> Allocations.pairs(count, size, spread), "worker-" + i));
                        }
                        workers.forEach(Thread::start);
                        for (Thread worker : workers) {
                            worker.join();
                        }
                    });
        }
        for (int i = 0; i < threads; i++) {
            long expected = 0;
            for (int k = 0; k < count; k++) {
                expected += 20_000 + 1000L * i + k % spread;
            }
            assertThat(samples[i]).isEqualTo(count);
            assertThat(bytes[i]).isEqualTo(expected);
        }
        assertThat(live).isEmpty();
    }
}

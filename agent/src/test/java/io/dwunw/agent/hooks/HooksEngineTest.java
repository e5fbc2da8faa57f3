// SPDX-License-Identifier: MIT
package io.dwunw.agent.hooks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dwunw.agent.bpf.Allocations;
import io.dwunw.agent.engine.JavaThreadLayout;
import io.dwunw.agent.linux.Doorbell;
import io.dwunw.agent.linux.Linux;
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
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.Inflater;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The hooks in this very JVM. */
class HooksEngineTest {
    /** Sizes of buffers below are multiples of 8, because the JVM rounds up to them. */
    private static final int ALL = Integer.MAX_VALUE;

    private HooksEngine engine;
    private int self;

    @BeforeEach
    void open() throws Exception {
        NativeLibrary.load();
        engine = HooksEngine.open(new HooksConfig(1, 64 << 10, 256 << 20));
        self = Linux.threadId();
    }

    @AfterEach
    void close() {
        engine.close();
    }

    private static List<String> walk(Sample sample) {
        try {
            ModuleMap modules = new ModuleMap(ProcessImages.ofSelf(null));
            modules.update(Files.readString(Path.of("/proc/self/maps")));
            NativeUnwinder unwinder = new NativeUnwinder(modules);
            RegisterSet registers = RegisterSet.prepare(X86_64.ARCHITECTURE);
            sample.registers(registers);
            List<String> names = new ArrayList<>();
            LoadedModule module = modules.find(registers.pc() - 1);
            while (module != null) {
                names.add(module.name());
                StopReason reason = unwinder.step(registers, sample.stack(), true);
                module = reason == StopReason.STEPPED ? modules.find(registers.pc() - 1) : null;
            }
            return names;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aDirectBufferIsSeenWithItsStack() throws Exception {
        engine.attach();
        assertThat(engine.attached()).isTrue();
        ByteBuffer buffer = ByteBuffer.allocateDirect(1_234_568);
        engine.detach();
        List<String> modules = new ArrayList<>();
        engine.samples()
                .drain(
                        sample -> {
                            if (sample.isAllocation() && sample.size() == 1_234_568) {
                                assertThat(sample.allocator()).isEqualTo(Allocator.MALLOC);
                                assertThat(sample.address()).isEqualTo(Linux.address(buffer));
                                assertThat(sample.tid()).isEqualTo(self);
                                assertThat(sample.weight()).isEqualTo(1_234_568);
                                assertThat(sample.atReturn()).isTrue();
                                modules.addAll(walk(sample));
                            }
                        },
                        ALL);
        // malloc's caller, its callers, up to the first Java frame, which is in no module.
        assertThat(modules).startsWith("libjvm.so", "libjvm.so").containsOnly("libjvm.so");
        assertThat(engine.malformed()).isZero();
    }

    @Test
    void anInflaterThatEndsLeavesNothing() throws Exception {
        engine.attach();
        Set<Long> live = new HashSet<>();
        List<String> modules = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            new Inflater().end();
        }
        engine.detach();
        int[] births = {0};
        engine.samples()
                .drain(
                        sample -> {
                            if (sample.tid() == self && sample.isAllocation()) {
                                births[0]++;
                                assertThat(live.add(sample.address())).isTrue();
                                if (modules.isEmpty() && walk(sample).get(0).startsWith("libz")) {
                                    modules.addAll(walk(sample));
                                }
                            } else if (sample.isFree()) {
                                live.remove(sample.address());
                            }
                        },
                        ALL);
        assertThat(modules).contains("libzip.so");
        assertThat(births[0]).isGreaterThanOrEqualTo(50);
        assertThat(live).hasSizeLessThan(20);
        HooksCounters counters = new HooksCounters();
        engine.counters(counters);
        assertThat(counters.lost()).isZero();
        assertThat(counters.lostFrees()).isZero();
        assertThat(counters.calls(Allocator.MALLOC)).isPositive();
        assertThat(counters.unpatchedSlots()).isZero();
    }

    @Test
    void anExcludedThreadIsNeitherSampledNorCounted() throws Exception {
        int[] tid = {0};
        Thread excluded = new Thread(() -> {
            tid[0] = Linux.threadId();
            engine.excludeThread(tid[0]);
            for (int i = 0; i < 100; i++) {
                new Inflater().end();
            }
        });
        engine.attach();
        excluded.start();
        excluded.join();
        engine.detach();
        boolean[] seen = {false};
        engine.samples()
                .drain(
                        sample -> seen[0] |= sample.isAllocation()
                                && sample.tid() == tid[0]
                                && walk(sample).contains("libzip.so"),
                        ALL);
        assertThat(seen[0]).isFalse();
    }

    @Test
    void theIntervalChangesForThreadsThatAreUnderWay() throws Exception {
        engine.setInterval(1L << 40);
        engine.attach();
        new Inflater().end();
        engine.samples().drain(sample -> {}, ALL);
        engine.setInterval(1);
        ByteBuffer buffer = ByteBuffer.allocateDirect(54_320);
        boolean[] seen = {false};
        engine.samples().drain(sample -> seen[0] |= sample.size() == 54_320 && sample.interval() == 1, ALL);
        assertThat(seen[0]).isTrue();
        assertThat(engine.isLive(Linux.address(buffer))).isTrue();
        assertThat(engine.isLive(Linux.address(buffer) + 16)).isFalse();
        engine.detach();
        assertThat(engine.isLive(Linux.address(buffer))).isFalse();
    }

    /** The blocks that share the null pointer's slot of the filter are one in 65,536. */
    @Test
    void freeingTheNullPointerHidesNoOtherFree() throws Exception {
        engine.attach();
        List<Long> others = new ArrayList<>();
        long block = Allocations.malloc(24);
        while (filterSlot(block) != 0 && others.size() < 500_000) {
            others.add(block);
            if (others.size() % 256 == 0) {
                engine.samples().drain(sample -> {}, ALL);
            }
            block = Allocations.malloc(24);
        }
        assertThat(filterSlot(block)).isZero();
        assertThat(engine.isLive(block)).isTrue();
        for (int i = 0; i < 255; i++) {
            Allocations.free(0);
        }
        Allocations.free(block);
        assertThat(engine.isLive(block)).isFalse();
        assertThat(engine.isLive(0)).isFalse();
        others.forEach(Allocations::free);
        engine.detach();
        long dead = block;
        List<Long> freed = new ArrayList<>();
        engine.samples()
                .drain(
                        sample -> {
                            if (sample.isFree() && (sample.address() == dead || sample.address() == 0)) {
                                freed.add(sample.address());
                            }
                        },
                        ALL);
        assertThat(freed).containsExactly(dead);
    }

    /** As in {@code hooks_layout.h}. */
    private static int filterSlot(long address) {
        return ((int) address * 0x9E3779B1) >>> 16;
    }

    @Test
    void theAnchorOfAKnownJavaThreadComesAlong() throws Exception {
        ByteBuffer thread = ByteBuffer.allocateDirect(64).order(ByteOrder.LITTLE_ENDIAN);
        thread.putLong(8, 0x111).putLong(24, 0x222).putLong(16, 0x333);
        engine.setJavaThreadLayout(new JavaThreadLayout(8, 24, 16, 0));
        engine.registerJavaThread(self, Linux.address(thread));
        engine.attach();
        ByteBuffer.allocateDirect(11_112);
        engine.registerJavaThread(self, 0);
        ByteBuffer.allocateDirect(22_224);
        engine.detach();
        List<Long> anchors = new ArrayList<>();
        engine.samples()
                .drain(
                        sample -> {
                            if (sample.size() == 11_112) {
                                assertThat(sample.hasAnchor()).isTrue();
                                anchors.addAll(List.of(
                                        sample.anchorThread(),
                                        sample.anchorSp(),
                                        sample.anchorPc(),
                                        sample.anchorFp()));
                            } else if (sample.size() == 22_224) {
                                assertThat(sample.hasAnchor()).isFalse();
                            }
                        },
                        ALL);
        assertThat(anchors).containsExactly(Linux.address(thread), 0x111L, 0x222L, 0x333L);
    }

    @Test
    void attachingAHundredTimesLeavesNothingBehind() throws Exception {
        engine.attach();
        engine.detach();
        long files = entries("/proc/self/fd");
        for (int i = 0; i < 100; i++) {
            engine.attach();
            new Inflater().end();
            engine.samples().drain(sample -> {}, ALL);
            engine.detach();
        }
        assertThat(entries("/proc/self/fd")).isLessThanOrEqualTo(files + 1);
        engine.close();
        assertThat(engine.attached()).isFalse();
    }

    private static long entries(String directory) throws IOException {
        try (Stream<Path> list = Files.list(Path.of(directory))) {
            return list.count();
        }
    }

    /**
     * The application does not go on before the reader has seen what it did; a sleep that nothing ends lasts an hour.
     */
    @Test
    @Timeout(60)
    void samplesAndFreesEndTheReadersSleep() throws Exception {
        int size = 54_320;
        int pairs = 4;
        int rounds = 200;
        Allocations.free(Allocations.malloc(size));
        engine.attach();
        Semaphore seen = new Semaphore(0);
        Thread application = new Thread(() -> {
            for (int i = 0; i < rounds; i++) {
                for (int k = 0; k < pairs; k++) {
                    Allocations.free(Allocations.malloc(size));
                }
                seen.acquireUninterruptibly();
            }
        });
        application.setDaemon(true);
        application.start();
        Doorbell bell = engine.doorbell();
        long[] block = {0};
        int[] records = {0};
        for (int round = 0; round < rounds; round++) {
            records[0] = 0;
            while (records[0] < 2 * pairs) {
                // Others allocate, too: then it wakes up early, and waits for what is left.
                bell.arm(2 * pairs - records[0]);
                int before = records[0];
                engine.samples()
                        .drain(
                                sample -> {
                                    boolean born = sample.isAllocation() && sample.size() == size;
                                    block[0] = born ? sample.address() : block[0];
                                    boolean died = sample.isFree() && sample.address() == block[0];
                                    records[0] += born || died ? 1 : 0;
                                },
                                ALL);
                if (records[0] == before) {
                    bell.sleep(TimeUnit.HOURS.toNanos(1));
                }
            }
            seen.release();
        }
        application.join();
    }

    @Test
    void aProcessHasOneGate() {
        assertThatThrownBy(() -> HooksEngine.open(HooksConfig.of(1)))
                .isInstanceOf(HooksUnavailableException.class)
                .hasMessageContaining("open already");
    }

    @Test
    void probePointsBeginWithNops() {
        byte[] expected = {0x0f, 0x1f, 0x44, 0, 0, (byte) 0x90, (byte) 0xc3};
        for (long address : new long[] {engine.allocationProbePoint(), engine.freeProbePoint()}) {
            byte[] code = new byte[expected.length];
            assertThat(Linux.readMemory(address, code, 0, code.length)).isEqualTo(code.length);
            assertThat(code).isEqualTo(expected);
        }
    }
}

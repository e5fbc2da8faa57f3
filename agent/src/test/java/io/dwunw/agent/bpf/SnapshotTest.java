// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.agent.bpf.Recorder.Seen;
import io.dwunw.agent.engine.JavaThreadLayout;
import io.dwunw.agent.linux.Linux;
import io.dwunw.agent.linux.NativeLibrary;
import io.dwunw.agent.sample.Sample;
import io.dwunw.agent.sample.SampleDescriptor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Registers, stack bytes and anchors of samples. */
@RequiresBpf
class SnapshotTest {
    private static final int PAGE = 4096;

    private final Recorder recorder = new Recorder();

    @BeforeAll
    static void load() throws Exception {
        NativeLibrary.load();
        Allocations.deepPair(1, 16);
    }

    private static List<Mapping> maps() throws Exception {
        return Mapping.parse(Files.readString(Path.of("/proc/self/maps")));
    }

    @Test
    void theRegistersAreTheCallersJustAfterTheReturn() throws Exception {
        try (UprobeEngine engine = UprobeEngine.open(UprobeConfig.of(1))) {
            Tracing.run(engine, recorder, e -> Allocations.pairs(1, 81_001, 1));
        }
        Seen seen = recorder.ofSize(81_001).get(0);
        assertThat(seen.flags() & SampleDescriptor.FLAG_AT_RETURN).isNotZero();
        assertThat(maps())
                .anyMatch(
                        m -> m.contains(seen.pc()) && m.executable() && m.path().endsWith("liballocations.so"));
        assertThat(seen.tid()).isEqualTo(Linux.threadId());
        assertThat(seen.sp()).isBetween(seen.stackLow(), seen.stackHigh());
        assertThat(Math.abs(System.nanoTime() - seen.timeNanos())).isLessThan(60_000_000_000L);
    }

    @Test
    void theStackIsCopiedToItsEndInTheSmallestRecordThatHoldsIt() throws Exception {
        Thread thread = new Thread(
                () -> {
                    try (UprobeEngine engine = UprobeEngine.open(UprobeConfig.of(1))) {
                        Tracing.run(engine, recorder, e -> {
                            Allocations.free(Allocations.malloc(82_001));
                            Thread.sleep(100); // the drainer looks the thread up
                            Allocations.free(Allocations.malloc(82_002));
                            Allocations.deepPair(82_003, 20_000);
                            Allocations.deepPair(82_004, 200_000);
                        });
                    } catch (Exception e) {
                        throw new IllegalStateException(e);
                    }
                },
                "snapshot-näme");
        thread.start();
        thread.join();
        Seen unknown = recorder.ofSize(82_001).get(0);
        Seen shallow = recorder.ofSize(82_002).get(0);
        Seen deep = recorder.ofSize(82_003).get(0);
        Seen deepest = recorder.ofSize(82_004).get(0);
        assertThat(unknown.flags() & SampleDescriptor.FLAG_STACK_FAULT).isNotZero();
        assertThat(unknown.stackHigh() % PAGE).isZero();
        assertThat(shallow.flags() & SampleDescriptor.FLAG_STACK_FAULT).isZero();
        assertThat(shallow.stackCapacity()).isLessThan(64 << 10);
        assertThat(shallow.stackLow()).isEqualTo(shallow.sp());
        assertThat(shallow.stackHigh() % PAGE).as("the mapping's end").isZero();
        assertThat(shallow.cut()).isFalse();
        assertThat(deep.stackHigh()).isEqualTo(shallow.stackHigh());
        assertThat(deep.stackHigh() - deep.stackLow()).isGreaterThan(20_000);
        assertThat(deepest.cut()).isTrue();
        assertThat(deepest.stackHigh() - deepest.stackLow()).isEqualTo(96 << 10);
        assertThat(shallow.comm()).startsWith("snapshot-n");
    }

    @Test
    void theBytesAreThoseOfTheStack() throws Exception {
        int bytes = 9000;
        long[] ones = new long[1];
        try (UprobeEngine engine = UprobeEngine.open(UprobeConfig.of(1))) {
            Tracing.run(
                    engine,
                    sample -> {
                        if (sample.isAllocation() && sample.size() == 83_001) {
                            ones[0] = bytesOfOne(sample, bytes);
                        }
                    },
                    e -> Allocations.deepPair(83_001, bytes));
        }
        // deepPair() writes a 1 every 512 bytes of its array.
        assertThat(ones[0]).isEqualTo((bytes + 511) / 512);
    }

    /** Counts ones at the stride of 512 bytes that starts with the first of them that is followed by another. */
    private static long bytesOfOne(Sample sample, int bytes) {
        long best = 0;
        for (long start = sample.sp(); start < sample.sp() + 512; start++) {
            long found = 0;
            for (long at = start; at < start + bytes && sample.stack().contains(at, 8); at += 512) {
                found += (sample.stack().word(at) & 0xff) == 1 ? 1 : 0;
            }
            best = Math.max(best, found);
        }
        return best;
    }

    @Test
    void theAnchorOfAKnownJavaThreadIsCopied() throws Exception {
        ByteBuffer javaThread = ByteBuffer.allocateDirect(256).order(ByteOrder.nativeOrder());
        javaThread.putLong(128, 111).putLong(136, 222).putLong(144, 333);
        long address = Linux.address(javaThread);
        try (UprobeEngine engine = UprobeEngine.open(UprobeConfig.of(1))) {
            Tracing.run(engine, recorder, e -> {
                e.registerJavaThread(Linux.threadId(), address);
                Allocations.free(Allocations.malloc(84_001));
                e.setJavaThreadLayout(new JavaThreadLayout(128, 136, 144, 0));
                Allocations.free(Allocations.malloc(84_002));
                e.registerJavaThread(Linux.threadId(), 16); // an address that cannot be read
                Allocations.free(Allocations.malloc(84_003));
                e.registerJavaThread(Linux.threadId(), 0);
                Allocations.free(Allocations.malloc(84_004));
            });
        }
        assertThat(javaThread.getLong(128)).isEqualTo(111);
        Seen early = recorder.ofSize(84_001).get(0);
        Seen full = recorder.ofSize(84_002).get(0);
        Seen broken = recorder.ofSize(84_003).get(0);
        Seen ended = recorder.ofSize(84_004).get(0);
        assertThat(early.anchorThread()).isEqualTo(address);
        assertThat(early.flags() & SampleDescriptor.FLAG_ANCHOR).isZero();
        assertThat(full.flags() & SampleDescriptor.FLAG_ANCHOR).isNotZero();
        assertThat(new long[] {full.anchorSp(), full.anchorPc(), full.anchorFp()})
                .containsExactly(111, 222, 333);
        assertThat(broken.flags() & SampleDescriptor.FLAG_ANCHOR).isZero();
        assertThat(ended.anchorThread()).isZero();
    }

    @Test
    void theStackOfAKnownJavaThreadEndsWhereItSays() throws Exception {
        ByteBuffer javaThread = ByteBuffer.allocateDirect(256).order(ByteOrder.nativeOrder());
        try (UprobeEngine engine = UprobeEngine.open(UprobeConfig.of(1))) {
            Tracing.run(engine, recorder, e -> {
                Allocations.free(Allocations.malloc(87_001));
                e.registerJavaThread(Linux.threadId(), Linux.address(javaThread));
                e.setJavaThreadLayout(new JavaThreadLayout(0, 0, 0, 192));
                Allocations.free(Allocations.malloc(87_002)); // states 0, which is no stack's end
                while (recorder.ofSize(87_001).isEmpty()) {
                    Thread.sleep(1);
                }
                javaThread.putLong(192, recorder.ofSize(87_001).get(0).sp() + 1000);
                Allocations.free(Allocations.malloc(87_003));
            });
        }
        Seen first = recorder.ofSize(87_001).get(0);
        Seen unknown = recorder.ofSize(87_002).get(0);
        Seen exact = recorder.ofSize(87_003).get(0);
        assertThat(unknown.stackHigh() % PAGE).isZero();
        assertThat(exact.stackHigh()).isEqualTo(first.sp() + 1000);
        assertThat(exact.stackCapacity()).isEqualTo(PAGE);
    }

    @Test
    void whatFindsNoRoomIsCountedNotHidden() throws Exception {
        BpfCounters counters = new BpfCounters();
        UprobeConfig small = UprobeConfig.of(1).withRingBytes(256 << 10);
        try (UprobeEngine engine = UprobeEngine.open(small)) {
            engine.attach();
            Allocations.pairs(20_000, 85_001, 1);
            engine.detach();
            long handled = 0;
            for (int n = engine.samples().drain(recorder, 100); n > 0; ) {
                handled += n;
                n = engine.samples().drain(recorder, 100);
            }
            engine.counters(counters);
            assertThat(handled).isEqualTo(counters.sampled() + counters.frees() + counters.unfrees());
        }
        assertThat(recorder.ofSize(85_001)).hasSizeLessThan(20_000);
        assertThat(counters.lostAllocations() + counters.sampled()).isGreaterThanOrEqualTo(20_000);
        assertThat(counters.lostAllocations()).isPositive();
    }

    @Test
    void moreLiveBlocksThanThereIsRoomForAreCounted() throws Exception {
        BpfCounters counters = new BpfCounters();
        long[] blocks = new long[400];
        UprobeConfig few = UprobeConfig.of(1).withLiveEntries(256).withStackBytes(PAGE);
        try (UprobeEngine engine = UprobeEngine.open(few)) {
            Tracing.run(engine, recorder, e -> {
                for (int i = 0; i < blocks.length; i++) {
                    blocks[i] = Allocations.malloc(86_001);
                }
                for (long block : blocks) {
                    Allocations.free(block);
                }
            });
            engine.counters(counters);
        }
        assertThat(counters.liveFull()).isGreaterThanOrEqualTo(400 - 256);
        assertThat(recorder.ofSize(86_001)).hasSizeLessThanOrEqualTo(256);
        for (Seen seen : recorder.ofSize(86_001)) {
            assertThat(recorder.storyOf(seen.address())).contains("-free 0");
        }
    }
}

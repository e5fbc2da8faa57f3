// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.agent.linux.NativeLibrary;
import io.dwunw.agent.sample.Allocator;
import io.dwunw.agent.sample.Sample;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Sums: exact with every block sampled, unbiased otherwise. */
@RequiresBpf
class SamplingTest {
    @BeforeAll
    static void load() throws Exception {
        NativeLibrary.load();
        Allocations.pairs(1, 1, 1);
    }

    /** Sums over samples whose size lies in one of several ranges. */
    private static final class Sums {
        final long[] low;
        final int spread;
        final long[] samples;
        final long[] bytes;
        final double[] weights;
        long allFrees;

        Sums(int ranges, int spread) {
            this.low = new long[ranges];
            this.spread = spread;
            this.samples = new long[ranges];
            this.bytes = new long[ranges];
            this.weights = new double[ranges];
        }

        void add(Sample s) {
            for (int i = 0; i < low.length && s.isAllocation(); i++) {
                if (s.size() >= low[i] && s.size() < low[i] + spread) {
                    samples[i]++;
                    bytes[i] += s.size();
                    weights[i] += s.weight();
                }
            }
            if (s.isFree()) {
                allFrees++;
            }
        }
    }

    @Test
    void eightThreadsAreAccountedToTheByte() throws Exception {
        int threads = 8;
        int count = 2500; // all of them have room in the ring, should the drainer never be scheduled
        int spread = 64;
        Sums sums = new Sums(threads, spread);
        for (int i = 0; i < threads; i++) {
            sums.low[i] = 20_000 + 1000L * i;
        }
        UprobeConfig config = UprobeConfig.of(1).withStackBytes(4096).withRingBytes(128 << 20);
        BpfCounters counters = new BpfCounters();
        try (UprobeEngine engine = UprobeEngine.open(config)) {
            Tracing.run(engine, sums::add, e -> {
                List<Thread> workers = new ArrayList<>();
                for (int i = 0; i < threads; i++) {
                    int size = (int) sums.low[i];
                    workers.add(new Thread(() -> Allocations.pairs(count, size, spread), "worker-" + i));
                }
                workers.forEach(Thread::start);
                for (Thread worker : workers) {
                    worker.join();
                }
            });
            engine.counters(counters);
        }
        for (int i = 0; i < threads; i++) {
            long expected = 0;
            for (int k = 0; k < count; k++) {
                expected += sums.low[i] + k % spread;
            }
            assertThat(sums.samples[i]).isEqualTo(count);
            assertThat(sums.bytes[i]).isEqualTo(expected);
            assertThat(sums.weights[i]).isEqualTo((double) expected);
        }
        assertThat(counters.lost()).isZero();
        assertThat(counters.lostFrees()).isZero();
        assertThat(sums.allFrees).isEqualTo(counters.frees()).isGreaterThanOrEqualTo((long) threads * count);
        assertThat(counters.calls(Allocator.MALLOC)).isGreaterThanOrEqualTo((long) threads * count);
        assertThat(counters.bytes(Allocator.MALLOC)).isGreaterThan(20_000L * threads * count);
    }

    @Test
    void sumsOfWeightsAreUnbiasedFromTinyToHugeBlocks() throws Exception {
        // Expected samples are some thousands for each size; a bias of 5 standard deviations fails.
        unbiased(4096, new int[] {17, 1003, 3999, 9001, 50_021}, new int[] {600_000, 30_000, 8000, 8000, 2000});
    }

    @Test
    void theDefaultIntervalIsUnbiasedToo() throws Exception {
        unbiased(512 << 10, new int[] {101_007}, new int[] {60_000});
    }

    private static void unbiased(int interval, int[] sizes, int[] counts) throws Exception {
        Sums sums = new Sums(sizes.length, 1);
        BpfCounters counters = new BpfCounters();
        UprobeConfig config = UprobeConfig.of(interval).withStackBytes(4096).withRingBytes(64 << 20);
        try (UprobeEngine engine = UprobeEngine.open(config)) {
            Tracing.run(engine, sums::add, e -> {
                for (int i = 0; i < sizes.length; i++) {
                    sums.low[i] = sizes[i];
                    Allocations.pairs(counts[i], sizes[i], 1);
                }
            });
            engine.counters(counters);
        }
        assertThat(counters.lost()).isZero();
        for (int i = 0; i < sizes.length; i++) {
            double probability = -Math.expm1(-(double) sizes[i] / interval);
            double expected = counts[i] * probability;
            double deviation = Math.sqrt(expected * (1 - probability));
            assertThat((double) sums.samples[i])
                    .as("samples of %d bytes", sizes[i])
                    .isBetween(expected - 5 * deviation - 0.5, expected + 5 * deviation + 0.5);
            double bytes = (double) counts[i] * sizes[i];
            double tolerance = 5 * deviation / expected * bytes + counts[i]; // weights are rounded to bytes
            assertThat(sums.weights[i])
                    .as("weight of %d bytes", sizes[i])
                    .isBetween(bytes - tolerance, bytes + tolerance);
        }
        assertThat(counters.calls(Allocator.MALLOC)).isGreaterThanOrEqualTo(sum(counts));
    }

    private static long sum(int[] counts) {
        long sum = 0;
        for (int count : counts) {
            sum += count;
        }
        return sum;
    }

    @Test
    void theIntervalCanBeChangedWhileSampling() throws Exception {
        Recorder recorder = new Recorder();
        UprobeConfig config =
                UprobeConfig.of(UprobeConfig.MAX_INTERVAL_BYTES + 5).withStackBytes(4096);
        try (UprobeEngine engine = UprobeEngine.open(config)) {
            Tracing.run(engine, recorder, e -> {
                Allocations.pairs(100, 33_001, 1);
                e.setInterval(1);
                Allocations.pairs(100, 33_002, 1);
                e.setInterval(1L << 40);
                Allocations.pairs(100, 33_003, 1);
            });
        }
        assertThat(recorder.ofSize(33_001)).hasSizeLessThan(3);
        assertThat(recorder.ofSize(33_002)).hasSize(100);
        assertThat(recorder.ofSize(33_003)).hasSizeLessThan(3);
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.dwunw.agent.bpf.Allocations;
import io.dwunw.agent.bpf.RequiresBpf;
import io.dwunw.agent.bpf.Tracing;
import io.dwunw.agent.bpf.UprobeConfig;
import io.dwunw.agent.bpf.UprobeEngine;
import io.dwunw.agent.hooks.HooksConfig;
import io.dwunw.agent.hooks.HooksEngine;
import io.dwunw.agent.linux.NativeLibrary;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Weights stay unbiased while the interval keeps changing: each sample stands for what it was drawn with. */
@RequiresBpf
class IntervalChangesTest {
    private static final int THREADS = 4;
    private static final int PAIRS = 100_000;
    /** Pairs between two looks at the ring, which another test may have made, and small. */
    private static final int PAIRS_AT_ONCE = 250;

    private static final long MAX_BACKLOG = 2 << 20;
    private static final int FIRST_SIZE = 3_001;
    private static final int SIZES = 8;
    private static final long[] INTERVALS = {8 << 10, 64 << 10, 16 << 10, 256 << 10, 4 << 10};

    enum Kind {
        UPROBE,
        HOOKS_SELF,
        HOOKS_BPF;

        SamplingEngine open() throws EngineUnavailableException {
            long first = INTERVALS[0];
            return switch (this) {
                case UPROBE ->
                    UprobeEngine.open(
                            UprobeConfig.of(first).withStackBytes(4096).withRingBytes(64 << 20));
                case HOOKS_SELF -> HooksEngine.open(new HooksConfig(first, 4096, 64 << 20));
                case HOOKS_BPF -> HooksEngine.openWithBpf(new HooksConfig(first, 4096, 64 << 20));
            };
        }
    }

    @BeforeAll
    static void load() throws Exception {
        NativeLibrary.load();
        Allocations.pairs(1, 16, 1);
    }

    @ParameterizedTest
    @EnumSource
    void sumsOfWeightsAreTrue(Kind kind) throws Exception {
        long[] weight = new long[1];
        // Of the sum, as estimated from the samples (Horvitz and Thompson): each weight times what it adds to its size.
        double[] variance = new double[1];
        int[] samples = new int[1];
        int[] changes = new int[1];
        Set<Long> intervals = new HashSet<>();
        EngineCounters before = new EngineCounters();
        EngineCounters after = new EngineCounters();
        try (SamplingEngine engine = kind.open()) {
            engine.counters(before);
            Tracing.run(
                    engine,
                    sample -> {
                        if (sample.isAllocation()
                                && sample.size() >= FIRST_SIZE
                                && sample.size() < FIRST_SIZE + SIZES) {
                            weight[0] += sample.weight();
                            variance[0] += (double) sample.weight() * (sample.weight() - sample.size());
                            samples[0]++;
                            intervals.add(sample.interval());
                        }
                    },
                    e -> {
                        List<Thread> workers = new ArrayList<>();
                        for (int i = 0; i < THREADS; i++) {
                            workers.add(new Thread(() -> allocate(e), "worker-" + i));
                        }
                        workers.forEach(Thread::start);
                        while (workers.stream().anyMatch(Thread::isAlive)) {
                            e.setInterval(INTERVALS[++changes[0] % INTERVALS.length]);
                            Thread.sleep(0, 200_000);
                        }
                    });
            engine.counters(after);
        }
        double truth = 0;
        for (int k = 0; k < PAIRS; k++) {
            truth += (double) THREADS * (FIRST_SIZE + k % PAIRS_AT_ONCE % SIZES);
        }
        double deviation = Math.sqrt(variance[0]) / truth;
        System.out.printf(
                "%s: %d samples, %d changes, %d intervals, sum of weights %.4f of the truth, standard deviation %.4f%n",
                kind, samples[0], changes[0], intervals.size(), weight[0] / truth, deviation);
        assertThat(after.lost - before.lost).isZero();
        assertThat(intervals).hasSizeGreaterThan(2);
        assertThat(weight[0] / truth).isCloseTo(1, within(5 * deviation));
        assertThat(deviation).isLessThan(0.02);
        assertThat(samples[0]).isGreaterThan(5_000);
    }

    /** Waits for the draining thread: on a busy machine the ring would overflow. */
    private static void allocate(SamplingEngine engine) {
        for (int i = 0; i < PAIRS; i += PAIRS_AT_ONCE) {
            Allocations.pairs(PAIRS_AT_ONCE, FIRST_SIZE, SIZES);
            while (engine.samples().backlog() > MAX_BACKLOG) {
                LockSupport.parkNanos(200_000);
            }
        }
    }
}

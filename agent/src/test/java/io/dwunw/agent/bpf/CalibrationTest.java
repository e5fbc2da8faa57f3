// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.agent.engine.EngineCounters;
import io.dwunw.agent.engine.SamplingEngine;
import io.dwunw.agent.hooks.HooksConfig;
import io.dwunw.agent.hooks.HooksEngine;
import io.dwunw.agent.linux.Linux;
import io.dwunw.agent.linux.NativeLibrary;
import io.dwunw.agent.ringbuf.SampleHandler;
import io.dwunw.agent.sample.Allocator;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Asserts no time, only that one is taken: of many measurements some differ from the default that is used without one.
 */
@RequiresBpf
class CalibrationTest {
    @BeforeAll
    static void load() throws Exception {
        NativeLibrary.load();
    }

    @Test
    void theLeastOfSomeBatchesCounts() {
        int[] batches = {0};
        long nanos = Calibration.nanos(count -> {
            assertThat(count).isPositive();
            long until = System.nanoTime() + (batches[0]++ == 1 ? 100_000L : 10_000_000L);
            while (System.nanoTime() < until) {
                Thread.onSpinWait();
            }
        });
        assertThat(batches[0]).isGreaterThan(1);
        assertThat(nanos).isLessThan(10_000_000L / 16);
    }

    @Test
    void uprobesAreMeasuredOnCallsThatDoNotCount() throws Exception {
        try (UprobeEngine engine = UprobeEngine.open(UprobeConfig.of(1))) {
            long before = engine.callPicos(Allocator.MALLOC);
            engine.calibrate();
            assertThat(engine.callPicos(Allocator.MALLOC)).as("not attached").isEqualTo(before);
            measured(engine, () -> engine.callPicos(Allocator.MALLOC) != before);
            assertThat(engine.callPicos(Allocator.MALLOC)).isPositive();
        }
    }

    @Test
    void theProbesOfTheHooksAreMeasured() throws Exception {
        try (HooksEngine engine = HooksEngine.openWithBpf(HooksConfig.of(1 << 30))) {
            long before = engine.sampleNanos();
            engine.calibrate();
            assertThat(engine.sampleNanos()).as("not attached").isEqualTo(before);
            measured(engine, () -> engine.sampleNanos() != before);
            assertThat(engine.sampleNanos()).isGreaterThan(1_600);
            assertThat(engine.callPicos(Allocator.MALLOC)).isEqualTo(350);
        }
    }

    private static void measured(SamplingEngine engine, BooleanSupplier differs) throws Exception {
        int tid = Linux.threadId();
        engine.excludeThread(tid);
        engine.attach();
        try {
            engine.calibrate();
            for (int i = 0; i < 20 && !differs.getAsBoolean(); i++) {
                engine.calibrate();
            }
            assertThat(differs.getAsBoolean()).isTrue();
            int[] own = {0};
            SampleHandler handler = sample -> own[0] += sample.tid() == tid && sample.isAllocation() ? 1 : 0;
            engine.samples().drainAll(handler, 0);
            assertThat(own[0]).isZero();
            EngineCounters counters = new EngineCounters();
            engine.counters(counters);
            assertThat(counters.lostFrees).isZero();
        } finally {
            engine.detach();
        }
    }
}

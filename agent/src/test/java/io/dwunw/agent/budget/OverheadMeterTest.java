// SPDX-License-Identifier: MIT
package io.dwunw.agent.budget;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.dwunw.agent.engine.EngineCounters;
import io.dwunw.agent.sample.Allocator;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class OverheadMeterTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long LATER = 100 * SECOND;
    private final EngineCounters counters = new EngineCounters();
    private final IntervalController controller = new IntervalController(1000, 1000, 0.01);
    private final OverheadMeter meter = new OverheadMeter(controller, picos(), 1000);

    private static long[] picos() {
        long[] picos = new long[Allocator.values().length];
        Arrays.fill(picos, 100_000);
        return picos;
    }

    private void count(long mallocs, long frees, long samples) {
        counters.calls(Allocator.MALLOC, mallocs);
        counters.calls(Allocator.FREE, frees);
        counters.samples = samples;
    }

    /** A window that begins when the agent is warm. */
    private void begin(long processCpu) {
        count(1_000_000, 1_000_000, 0);
        meter.start(0, 0, -OverheadMeter.ADVANCE_NANOS - 5_000 * OverheadMeter.WARM_SAMPLE_NANOS, counters);
        meter.turnEnded(true, 0);
        count(1_000_000, 1_000_000, 5_000);
        meter.windowEnded(LATER, processCpu, counters);
    }

    @Test
    void itAddsUpCallsSamplesAndTheSidecarsTime() {
        begin(0);
        meter.turnEnded(true, 30_000_000);
        meter.turnEnded(false, 34_000_000);
        count(1_100_000, 1_050_000, 7_000);
        meter.windowEnded(LATER + SECOND, SECOND / 2, counters);
        // 150,000 calls at 100 ns, 2,000 samples at 1 µs, 34 ms of the sidecar; of one CPU's second.
        assertThat(controller.overhead()).isCloseTo(0.015 + 0.002 + 0.034, within(1e-6));
    }

    @Test
    void aBusyApplicationHasMoreToSpend() {
        begin(0);
        counters.samples += 1_000;
        meter.turnEnded(true, 40_000_000);
        boolean changed = meter.windowEnded(LATER + SECOND, 8 * SECOND + 40_000_000, counters);
        // 40 ms of the sidecar, and 1,000 samples at 1 µs.
        assertThat(controller.overhead()).isCloseTo(0.041 / 7.999, within(1e-6));
        assertThat(changed).isFalse();
    }

    @Test
    void whatIsSpentTwiceOverTheBudgetWidensTheInterval() {
        begin(0);
        counters.samples += 100;
        meter.turnEnded(true, 20_000_000);
        assertThat(meter.windowEnded(LATER + SECOND, SECOND, counters)).isTrue();
        assertThat(controller.interval()).isBetween(2000L, 4000L);
    }

    @Test
    void idlingWidensNothing() {
        begin(0);
        meter.turnEnded(false, 9_000_000);
        assertThat(meter.windowEnded(LATER + SECOND, 0, counters)).isFalse();
        assertThat(controller.overhead()).isCloseTo(0.009, within(1e-6));
    }

    @Test
    void wakingUpIsNotChargedToTheSamples() {
        begin(0);
        long cpu = 0;
        for (int i = 0; i < 100; i++) {
            // Now and then such a turn has more to do than to wake up.
            cpu += i % 10 == 9 ? 2_000_000 : 50_000;
            meter.turnEnded(false, cpu);
        }
        meter.windowEnded(LATER + SECOND, 0, counters);
        for (int i = 0; i < 100; i++) {
            counters.samples++;
            cpu += 60_000;
            meter.turnEnded(true, cpu);
        }
        // Each a microsecond for the thread, and some ten for the sidecar.
        assertThat(meter.samplingNanos(counters)).isBetween(900_000L, 1_300_000L);
        meter.windowEnded(LATER + 2 * SECOND, 0, counters);
        assertThat(controller.overhead()).isCloseTo(0.0061, within(1e-6));
    }

    @Test
    void slowFirstTurnsAreNotTakenForWhatWakingUpCostsEverAfter() {
        begin(0);
        meter.turnEnded(false, 5_000_000);
        meter.windowEnded(LATER + SECOND, 0, counters);
        long cpu = 5_000_000;
        for (int i = 0; i < 100; i++) {
            counters.samples++;
            cpu += 300_000;
            meter.turnEnded(true, cpu);
        }
        assertThat(meter.samplingNanos(counters)).isGreaterThan(19_000_000L);
    }

    @Test
    void whatIsSpentOnceIsToldButWidensNothing() {
        count(0, 0, 0);
        meter.start(0, 0, 0, counters);
        long once = OverheadMeter.ADVANCE_NANOS / 5;
        long warm = 500 * OverheadMeter.WARM_SAMPLE_NANOS;
        long cpu = 0;
        for (int i = 1; i <= 5; i++) {
            cpu += once + warm;
            meter.turnEnded(true, cpu);
            count(0, 0, 500L * i);
            assertThat(meter.samplingNanos(counters)).isEqualTo(500_000 + warm);
            assertThat(meter.windowEnded(i * SECOND, i * SECOND, counters)).isFalse();
            assertThat(controller.overhead()).isCloseTo(0.108, within(1e-6));
        }
        meter.turnEnded(true, cpu + 20_000_000);
        count(0, 0, 2_600);
        assertThat(meter.samplingNanos(counters)).as("later").isEqualTo(20_100_000);
        assertThat(meter.windowEnded(6 * SECOND, 6 * SECOND, counters)).isTrue();
    }

    @Test
    void workWithoutSamplesSparesTheAdvance() {
        count(0, 0, 0);
        meter.start(0, 0, 0, counters);
        meter.turnEnded(true, OverheadMeter.ADVANCE_NANOS);
        assertThat(meter.samplingNanos(counters)).isZero();
        assertThat(meter.windowEnded(SECOND, SECOND, counters)).isFalse();
        assertThat(controller.overhead()).as("told all the same").isEqualTo(OverheadMeter.ADVANCE_NANOS / 1e9);
        meter.turnEnded(true, OverheadMeter.ADVANCE_NANOS + 200_000_000);
        count(0, 0, 1000);
        assertThat(meter.samplingNanos(counters)).isEqualTo(1000 * (1000 + OverheadMeter.WARM_SAMPLE_NANOS));
    }

    @Test
    void dozingIsNotChargedToTheSamples() {
        begin(0);
        meter.sleptPastTurn(2_000_000);
        counters.samples++;
        meter.turnEnded(true, 2_100_000);
        assertThat(meter.samplingNanos(counters)).isEqualTo(101_000);
        meter.windowEnded(LATER + SECOND, SECOND, counters);
        assertThat(controller.overhead()).isCloseTo(0.0021, within(1e-5));
    }

    @Test
    void whatTheWindowHasSpentIsKnownBeforeItEnds() {
        begin(0);
        counters.samples += 1_000;
        meter.turnEnded(true, 4_000_000);
        assertThat(meter.samplingNanos(counters)).isEqualTo(5_000_000);
        meter.turnEnded(false, 9_000_000);
        assertThat(meter.samplingNanos(counters)).as("idling").isEqualTo(5_000_000);
        meter.windowEnded(LATER + SECOND / 10, SECOND / 10, counters);
        assertThat(meter.samplingNanos(counters)).isZero();
    }

    @Test
    void whatIsLostCountsAsIfItHadBeenTaken() {
        begin(0);
        counters.samples += 500;
        counters.lost = 1_600;
        counters.lostFrees = 100;
        meter.turnEnded(true, 1_000_000);
        // 2,000 samples at 1 µs for the thread and 2 µs for the sidecar.
        assertThat(meter.samplingNanos(counters)).isEqualTo(6_000_000);
        assertThat(meter.windowEnded(LATER + SECOND, 0, counters)).isFalse();
        counters.lost = 11_600;
        assertThat(meter.windowEnded(LATER + 2 * SECOND, 0, counters)).isTrue();
        assertThat(controller.interval()).isGreaterThan(16_000 - 1);
    }

    @Test
    void callsAloneBeyondTheBudgetAreCountedInWindows() {
        begin(0);
        for (int i = 1; i <= 3; i++) {
            count(1_000_000 + 200_000 * i, 1_000_000, 5_000);
            meter.windowEnded(LATER + i * SECOND, i * SECOND, counters);
            assertThat(meter.hopelessWindows()).isEqualTo(i);
        }
        meter.windowEnded(LATER + 4 * SECOND, 4 * SECOND, counters);
        assertThat(meter.hopelessWindows()).isZero();
    }
}

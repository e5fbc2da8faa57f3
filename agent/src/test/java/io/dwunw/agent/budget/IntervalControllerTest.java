// SPDX-License-Identifier: MIT
package io.dwunw.agent.budget;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The controller against simulated loads. */
class IntervalControllerTest {
    private static final long SECOND = 1_000_000_000L;
    private static final double BUDGET = 0.01;
    private static final long SAMPLE_NANOS = 20_000;

    /** A load that allocates so many bytes a second: what its samples cost at an interval. */
    private static long cost(double bytesPerSecond, double blockBytes, long interval) {
        double perBlock = -Math.expm1(-blockBytes / interval);
        return (long) (bytesPerSecond / blockBytes * perBlock * SAMPLE_NANOS);
    }

    @ParameterizedTest
    @ValueSource(doubles = {1e6, 1e8, 1e9, 1e10, 2e11})
    void aSteadyLoadIsMetAndThenLeftAlone(double bytesPerSecond) {
        IntervalController controller = new IntervalController(4096, 4096, BUDGET);
        for (int second = 0; second < 20; second++) {
            controller.windowEnded(SECOND, 0, cost(bytesPerSecond, 256, controller.interval()), 0);
        }
        long settled = controller.interval();
        for (int second = 0; second < 100; second++) {
            boolean changed = controller.windowEnded(SECOND, 0, cost(bytesPerSecond, 256, controller.interval()), 0);
            assertThat(changed).isFalse();
        }
        assertThat(controller.interval()).isEqualTo(settled);
        assertThat(controller.overhead()).isLessThanOrEqualTo(BUDGET);
        assertThat(settled == 4096 || controller.overhead() >= BUDGET / 2).isTrue();
    }

    @Test
    void aNoisyLoadDoesNotMakeItSwing() {
        Random random = new Random(7);
        IntervalController controller = new IntervalController(1024, 1024, BUDGET);
        int changes = 0;
        double spent = 0;
        for (int second = 0; second < 600; second++) {
            double noisy = 1e9 * (0.9 + 0.2 * random.nextDouble());
            boolean changed = controller.windowEnded(SECOND, 0, cost(noisy, 512, controller.interval()), 0);
            if (second >= 10) {
                changes += changed ? 1 : 0;
                spent += controller.overhead();
            }
        }
        assertThat(changes).isLessThanOrEqualTo(2);
        assertThat(spent / 590).isLessThanOrEqualTo(BUDGET);
    }

    @Test
    void aFloodWidensForItsTimeUnlessThereIsNoLimit() {
        IntervalController controller = new IntervalController(65_536, 65_536, BUDGET);
        assertThat(controller.raiseForOverflow()).isTrue();
        assertThat(controller.interval()).isEqualTo(4 * 65_536);
        for (int i = 0; i < 20; i++) {
            controller.raiseForOverflow();
        }
        assertThat(controller.interval()).isEqualTo(IntervalController.MAX_INTERVAL);
        assertThat(controller.endOverflow()).isTrue();
        assertThat(controller.interval()).isEqualTo(65_536);
        assertThat(controller.endOverflow()).isFalse();
        IntervalController free = new IntervalController(65_536, 65_536, 0);
        assertThat(free.raiseForOverflow()).isFalse();
        assertThat(free.interval()).isEqualTo(65_536);
    }

    @Test
    void aLoadThatEndsGivesTheIntervalBackWithinThreeWindows() {
        IntervalController controller = new IntervalController(65_536, 65_536, BUDGET);
        for (int second = 0; second < 10; second++) {
            controller.windowEnded(SECOND, 0, cost(1e11, 1000, controller.interval()), 0);
        }
        assertThat(controller.interval()).isGreaterThan(1000 * 65_536);
        for (int second = 0; second < 3; second++) {
            assertThat(controller.windowEnded(SECOND, 0, 0, 0)).isTrue();
        }
        assertThat(controller.interval()).isEqualTo(65_536);
    }

    @Test
    void narrowsFromTheFirstIntervalAsFarAsTheBudgetBears() {
        IntervalController quiet = new IntervalController(16 << 10, 512 << 10, BUDGET);
        quiet.windowEnded(SECOND, 0, cost(1e6, 256, quiet.interval()), 0);
        quiet.windowEnded(SECOND, 0, cost(1e6, 256, quiet.interval()), 0);
        assertThat(quiet.interval()).isEqualTo(16 << 10);
        assertThat(quiet.reason()).isEqualTo("the narrowest");

        IntervalController busy = new IntervalController(16 << 10, 512 << 10, BUDGET);
        for (int second = 0; second < 5; second++) {
            busy.windowEnded(SECOND, 0, cost(5e7, 256, busy.interval()), 0);
        }
        assertThat(busy.interval()).isBetween(100L << 10, 160L << 10);
        assertThat(busy.reason()).isEqualTo("maxoverhead");

        IntervalController unlimited = new IntervalController(16 << 10, 512 << 10, 0);
        unlimited.windowEnded(SECOND, 0, 0, 0);
        assertThat(unlimited.interval()).isEqualTo(512 << 10);
    }

    @Test
    void theMoreSamplesAreLiveTheWiderIsTheNarrowestUpToTheFirst() {
        IntervalController controller = new IntervalController(16 << 10, 512 << 10, BUDGET);
        quiet(controller, 2);
        assertThat(controller.live(IntervalController.LIVE_SAMPLES_EACH - 1)).isFalse();
        assertThat(controller.live(3 * IntervalController.LIVE_SAMPLES_EACH)).isTrue();
        assertThat(controller.interval()).isEqualTo(128 << 10);
        assertThat(controller.reason()).isEqualTo("so many samples are live");
        quiet(controller, 3);
        assertThat(controller.interval()).isEqualTo(128 << 10);
        controller.live(Long.MAX_VALUE);
        assertThat(controller.interval()).isEqualTo(512 << 10);
        assertThat(controller.live(0)).isFalse();
        quiet(controller, 3);
        assertThat(controller.interval()).isEqualTo(16 << 10);

        IntervalController asked = new IntervalController(16 << 10, 16 << 10, BUDGET);
        assertThat(asked.live(Long.MAX_VALUE)).isFalse();
        assertThat(asked.interval()).isEqualTo(16 << 10);
    }

    private static void quiet(IntervalController controller, int seconds) {
        for (int second = 0; second < seconds; second++) {
            controller.windowEnded(SECOND, 0, 0, 0);
        }
    }

    @Test
    void oneBusySecondLeavesNoTraceAfterThreeSeconds() {
        Plant plant = new Plant(16 << 10);
        plant.run(20, 2e7);
        long before = plant.controller.interval();
        plant.run(1, 1e10);
        assertThat(plant.controller.interval()).isGreaterThan(50 * before);
        plant.run(3, 2e7);
        assertThat((double) plant.controller.interval()).isCloseTo((double) before, within(0.35 * before));
    }

    @Test
    void burstsOfASecondInFiveSpendAtMostAQuarterMoreThanTheBudget() {
        Plant plant = new Plant(16 << 10);
        plant.run(20, 1e8);
        double spent = 0;
        for (int cycle = 0; cycle < 20; cycle++) {
            spent += plant.run(1, 5e9);
            spent += plant.run(4, 1e6);
        }
        assertThat(spent / (20 * 5 * SECOND)).isLessThan(1.25 * BUDGET);
        assertThat(plant.worstSecond).as("nanoseconds in the worst second").isLessThan(8 * BUDGET * SECOND);
    }

    @Test
    void aStepIsSettledWithinThreeSecondsAndCostsLessThanFourBudgetsInItsFirst() {
        Plant plant = new Plant(16 << 10);
        plant.run(20, 1e6);
        plant.worstSecond = 0;
        plant.run(3, 2e9);
        assertThat(plant.worstSecond).isLessThan(4 * BUDGET * SECOND);
        double settled = plant.run(10, 2e9) / (10 * SECOND);
        assertThat(settled).isBetween(BUDGET * IntervalController.BAND, BUDGET);
        plant.run(3, 1e6);
        assertThat(plant.controller.interval()).isEqualTo(16 << 10);
    }

    @Test
    void dayAndNightAreFollowed() {
        Plant plant = new Plant(16 << 10);
        plant.run(20, 1e8);
        for (int second = 0; second < 600; second++) {
            double load = 1e8 * (1.05 + Math.sin(second * Math.PI / 150));
            double spent = plant.run(1, load) / SECOND;
            assertThat(spent).as("second %d", second).isLessThan(1.5 * BUDGET);
            boolean narrowest = plant.controller.interval() == 16 << 10;
            assertThat(narrowest || spent > 0.4 * BUDGET)
                    .as("second %d: %s", second, spent)
                    .isTrue();
        }
    }

    /** A process with a sidecar: costs come in ticks of 5 ms, and a window ends after a second or when all is spent. */
    private static final class Plant {
        private static final int TICKS = 200;
        private final IntervalController controller;
        private long window;
        private long spentInWindow;
        private double worstSecond;

        Plant(long narrowest) {
            controller = new IntervalController(narrowest, 512 << 10, BUDGET);
        }

        /** Nanoseconds spent in so many seconds of a load of so many bytes a second. */
        double run(int seconds, double bytesPerSecond) {
            double all = 0;
            for (int second = 0; second < seconds; second++) {
                double inSecond = 0;
                for (int tick = 0; tick < TICKS; tick++) {
                    long cost = cost(bytesPerSecond / TICKS, 256, controller.interval());
                    inSecond += cost;
                    spentInWindow += cost;
                    window += SECOND / TICKS;
                    if (window >= SECOND || spentInWindow > BUDGET * SECOND) {
                        controller.windowEnded(window, 0, spentInWindow, 0);
                        window = 0;
                        spentInWindow = 0;
                    }
                }
                worstSecond = Math.max(worstSecond, inSecond);
                all += inSecond;
            }
            return all;
        }
    }

    @Test
    void boundsAreKept() {
        IntervalController controller = new IntervalController(4096, 4096, BUDGET);
        Random random = new Random(11);
        for (int i = 0; i < 10_000; i++) {
            long available = random.nextLong(4 * SECOND) - SECOND;
            controller.windowEnded(available, random.nextLong(2 * SECOND), random.nextLong(100 * SECOND), 0);
            assertThat(controller.interval()).isBetween(4096L, IntervalController.MAX_INTERVAL);
        }
        IntervalController beyond = new IntervalController(1L << 32, 1L << 32, BUDGET);
        beyond.windowEnded(SECOND, 0, SECOND, 0);
        assertThat(beyond.interval()).isEqualTo(1L << 32);
    }

    @Test
    void withoutABudgetItOnlyReports() {
        IntervalController controller = new IntervalController(1, 1, 0);
        assertThat(controller.windowEnded(SECOND, SECOND / 10, SECOND / 2, 0)).isFalse();
        assertThat(controller.interval()).isEqualTo(1);
        assertThat(controller.overhead()).isCloseTo(0.6, within(1e-9));
        assertThat(controller.exceedsBudgetUnsampled(SECOND, SECOND)).isFalse();
    }

    @Test
    void callsThatCostTooMuchByThemselvesDoNotDriveTheIntervalUpForEver() {
        IntervalController controller = new IntervalController(4096, 4096, BUDGET);
        for (int second = 0; second < 50; second++) {
            controller.windowEnded(SECOND, SECOND / 2, cost(1e9, 256, controller.interval()), 0);
        }
        assertThat(controller.exceedsBudgetUnsampled(SECOND, SECOND / 2)).isTrue();
        assertThat(cost(1e9, 256, controller.interval()))
                .isBetween((long) (BUDGET * SECOND / 10), (long) (BUDGET * SECOND / 4));
    }

    @Test
    void aheadOfARecordingSamplesAreFew() {
        IntervalController controller = new IntervalController(512 << 10, 512 << 10, 0);
        assertThat(controller.setWarmUp(true)).isTrue();
        assertThat(controller.setWarmUp(true)).isFalse();
        assertThat(controller.interval()).isEqualTo(IntervalController.LEAST_INTERVAL_AHEAD);
        assertThat(controller.setWarmUp(false)).isTrue();
        assertThat(controller.interval()).isEqualTo(512 << 10);

        IntervalController wide = new IntervalController(1L << 31, 1L << 31, 0.01);
        wide.setWarmUp(true);
        assertThat(wide.interval()).isEqualTo(1L << 31);
    }
}

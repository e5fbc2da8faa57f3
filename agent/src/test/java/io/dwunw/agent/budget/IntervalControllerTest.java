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
        IntervalController controller = new IntervalController(4096, BUDGET);
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
        IntervalController controller = new IntervalController(1024, BUDGET);
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
        IntervalController controller = new IntervalController(65_536, BUDGET);
        assertThat(controller.flooded()).isTrue();
        assertThat(controller.interval()).isEqualTo(4 * 65_536);
        for (int i = 0; i < 20; i++) {
            controller.flooded();
        }
        assertThat(controller.interval()).isEqualTo(IntervalController.MAX_INTERVAL);
        assertThat(controller.ebbed()).isTrue();
        assertThat(controller.interval()).isEqualTo(65_536);
        assertThat(controller.ebbed()).isFalse();
        IntervalController free = new IntervalController(65_536, 0);
        assertThat(free.flooded()).isFalse();
        assertThat(free.interval()).isEqualTo(65_536);
    }

    @Test
    void aLoadThatEndsGivesTheIntervalBack() {
        IntervalController controller = new IntervalController(65_536, BUDGET);
        for (int second = 0; second < 10; second++) {
            controller.windowEnded(SECOND, 0, cost(1e10, 1000, controller.interval()), 0);
        }
        assertThat(controller.interval()).isGreaterThan(10 * 65_536);
        long before = controller.interval();
        for (int second = 0; second < IntervalController.QUIET_WINDOWS - 1; second++) {
            assertThat(controller.windowEnded(SECOND, 0, 0, 0)).isFalse();
        }
        assertThat(controller.windowEnded(SECOND, 0, 0, 0)).isTrue();
        assertThat(controller.interval()).isBetween(before / 2, before / 2 + 1);
        for (int second = 0; second < 200; second++) {
            controller.windowEnded(SECOND, 0, 0, 0);
        }
        assertThat(controller.interval()).isEqualTo(65_536);
    }

    @Test
    void aPauseShorterThanPatienceChangesNothing() {
        IntervalController controller = new IntervalController(4096, BUDGET);
        for (int second = 0; second < 200; second++) {
            boolean pause = second % 5 != 0;
            boolean changed = controller.windowEnded(SECOND, 0, pause ? 0 : cost(1e9, 256, controller.interval()), 0);
            assertThat(changed && second > 60).isFalse();
        }
    }

    @Test
    void boundsAreKept() {
        IntervalController controller = new IntervalController(4096, BUDGET);
        Random random = new Random(11);
        for (int i = 0; i < 10_000; i++) {
            long available = random.nextLong(4 * SECOND) - SECOND;
            controller.windowEnded(available, random.nextLong(2 * SECOND), random.nextLong(100 * SECOND), 0);
            assertThat(controller.interval()).isBetween(4096L, IntervalController.MAX_INTERVAL);
        }
        IntervalController beyond = new IntervalController(1L << 32, BUDGET);
        beyond.windowEnded(SECOND, 0, SECOND, 0);
        assertThat(beyond.interval()).isEqualTo(1L << 32);
    }

    @Test
    void withoutABudgetItOnlyReports() {
        IntervalController controller = new IntervalController(1, 0);
        assertThat(controller.windowEnded(SECOND, SECOND / 10, SECOND / 2, 0)).isFalse();
        assertThat(controller.interval()).isEqualTo(1);
        assertThat(controller.overhead()).isCloseTo(0.6, within(1e-9));
        assertThat(controller.isHopeless(SECOND, SECOND)).isFalse();
    }

    @Test
    void callsThatCostTooMuchByThemselvesDoNotDriveTheIntervalUpForEver() {
        IntervalController controller = new IntervalController(4096, BUDGET);
        for (int second = 0; second < 50; second++) {
            controller.windowEnded(SECOND, SECOND / 2, cost(1e9, 256, controller.interval()), 0);
        }
        assertThat(controller.isHopeless(SECOND, SECOND / 2)).isTrue();
        assertThat(cost(1e9, 256, controller.interval()))
                .isBetween((long) (BUDGET * SECOND / 10), (long) (BUDGET * SECOND / 4));
    }

    @Test
    void aheadOfARecordingSamplesAreFew() {
        IntervalController controller = new IntervalController(512 << 10, 0);
        assertThat(controller.ahead(true)).isTrue();
        assertThat(controller.ahead(true)).isFalse();
        assertThat(controller.interval()).isEqualTo(IntervalController.LEAST_INTERVAL_AHEAD);
        assertThat(controller.ahead(false)).isTrue();
        assertThat(controller.interval()).isEqualTo(512 << 10);

        IntervalController wide = new IntervalController(1L << 31, 0.01);
        wide.ahead(true);
        assertThat(wide.interval()).isEqualTo(1L << 31);
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.leak;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class SumIntervalTest {
    private static SumInterval of(long size, long weight, int samples) {
        SumInterval interval = new SumInterval();
        for (int i = 0; i < samples; i++) {
            interval.add(size, weight, (double) weight * (weight - size));
        }
        return interval;
    }

    @Test
    void whatIsSampledForCertainIsExact() {
        SumInterval interval = of(1_000, 1_000, 3);
        assertThat(interval.low()).isEqualTo(3_000);
        assertThat(interval.high()).isEqualTo(3_000);
        assertThat(new SumInterval().low()).isZero();
        assertThat(new SumInterval().high()).isZero();
    }

    /** Of a Poisson count of 1 and of 100: 0.0513 to 4.744, and 84.1 to 118.1. */
    @Test
    void equalWeightsHaveThePoissonInterval() {
        long weight = 1_000_000;
        assertThat(of(1, weight, 1).low() / (double) weight).isBetween(0.03, 0.0513);
        assertThat(of(1, weight, 1).high() / (double) weight).isBetween(4.6, 4.8);
        assertThat(of(1, weight, 100).low() / (double) weight).isBetween(84.0, 84.3);
        assertThat(of(1, weight, 100).high() / (double) weight).isBetween(117.9, 118.2);
    }

    @Test
    void theSampledBlocksThemselvesAreTheLeastThatIsThere() {
        assertThat(of(400, 1_000, 1).low()).isEqualTo(400);
        // Of a block that has grown only a part may have been drawn.
        SumInterval grown = new SumInterval();
        grown.add(5_000, 1_000, 100_000);
        assertThat(grown.low()).isEqualTo(1_000);
        assertThat(grown.high()).isGreaterThan(1_000);
    }

    @Test
    void nineOfTenIntervalsHoldTheTruth() {
        Random random = new Random(42);
        double mean = 50_000;
        int below = 0;
        int above = 0;
        int runs = 0;
        for (int run = 0; run < 5_000; run++) {
            SumInterval interval = new SumInterval();
            long truth = 0;
            int sampled = 0;
            int blocks = 20 + random.nextInt(400);
            for (int i = 0; i < blocks; i++) {
                long size = 1L << (4 + random.nextInt(13));
                truth += size;
                double chance = -Math.expm1(-size / mean);
                if (random.nextDouble() < chance) {
                    long weight = Math.round(size / chance);
                    interval.add(size, weight, (double) weight * (weight - size));
                    sampled++;
                }
            }
            if (sampled > 0) { // otherwise there is no interval to ask for
                runs++;
                below += truth < interval.low() ? 1 : 0;
                above += truth > interval.high() ? 1 : 0;
            }
        }
        assertThat(below / (double) runs).isBetween(0.02, 0.06);
        assertThat(above / (double) runs).isBetween(0.02, 0.06);
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

final class EventDrawTest {
    private static final long SECOND = 1_000_000_000;
    private static final long ROUND = SECOND / 10;

    @Test
    void withoutALimitEachSampleIsDrawnAndStandsForItself() {
        EventDraw draw = new EventDraw(0, 0);
        draw.begin(1_000_000, ROUND);
        for (int i = 0; i < 10_000; i++) {
            assertThat(draw.draws()).isTrue();
            assertThat(draw.scaled(i)).isEqualTo(i);
        }
    }

    @Test
    void fewSamplesAreAllDrawn() {
        EventDraw draw = new EventDraw(100, 0);
        for (int round = 1; round < 100; round++) {
            draw.begin(10, (long) round * ROUND);
            for (int i = 0; i < 10; i++) {
                assertThat(draw.draws()).isTrue();
                assertThat(draw.scaled(512)).isEqualTo(512);
            }
        }
    }

    @Test
    void anotherRateHoldsFromTheNextRoundOnAndNoLimitFromNow() {
        EventDraw draw = new EventDraw(1, 0);
        draw.begin(1_000_000, ROUND);
        draw.maxPerSecond(0);
        assertThat(draw.draws()).isTrue();
        assertThat(draw.scaled(512)).isEqualTo(512);
        draw.maxPerSecond(100);
        draw.begin(1_000_000, 2 * ROUND);
        assertThat(draw.scaled(1)).isBetween(9_999L, 10_001L);
    }

    @Test
    void ofManySamplesTheRateIsDrawnAndSumsStayRight() {
        EventDraw draw = new EventDraw(100, 0);
        long drawn = 0;
        double bytes = 0;
        double drawnBytes = 0;
        double drawnSamples = 0;
        int rounds = 3000;
        for (int round = 1; round <= rounds; round++) {
            int candidates = 50 + round % 400;
            draw.begin(candidates, (long) round * ROUND);
            for (int i = 0; i < candidates; i++) {
                long weight = 1000L + i % 7;
                bytes += weight;
                if (draw.draws()) {
                    drawn++;
                    drawnBytes += draw.scaled(weight);
                    drawnSamples += draw.scaled(1);
                }
            }
        }
        assertThat((double) drawn).isCloseTo(rounds * 10.0, within(rounds * 0.5));
        assertThat(drawnBytes / bytes).isCloseTo(1, within(0.03));
        assertThat(drawnSamples * 1003 / bytes).isCloseTo(1, within(0.03));
    }

    @Test
    void whatTheBudgetBearsIsDrawnIfThatIsLessButNeverNone() {
        EventDraw draw = new EventDraw(100, 0);
        long now = 0;
        for (double affordable : new double[] {1e9, 30, 0}) {
            draw.affordable(affordable);
            long drawn = 0;
            for (int round = 1; round <= 1000; round++) {
                draw.begin(1000, now += ROUND);
                for (int i = 0; i < 1000; i++) {
                    drawn += draw.draws() ? 1 : 0;
                }
            }
            double expected = 100 * Math.max(5, Math.min(affordable, 100));
            assertThat((double) drawn).as("%s a second", affordable).isBetween(0.9 * expected, 1.2 * expected + 30);
        }
    }

    @Test
    void manyRoundsOfFewSamplesDrawNoMoreThanTheRateAndSumsStayRight() {
        EventDraw draw = new EventDraw(5, 0);
        long drawn = 0;
        double samples = 0;
        int rounds = 100_000;
        for (int round = 1; round <= rounds; round++) {
            draw.begin(3, (long) round * (SECOND / 100));
            for (int i = 0; i < 3; i++) {
                if (draw.draws()) {
                    drawn++;
                    samples += draw.scaled(1);
                }
            }
        }
        assertThat((double) drawn).isBetween(4500.0, 5500.0);
        assertThat(samples / (3 * rounds)).isCloseTo(1, within(0.06));
    }

    @Test
    void aSecondsWorthMayBeDrawnAtOnceAndNoMore() {
        EventDraw draw = new EventDraw(100, 0);
        draw.begin(10_000, 3600 * SECOND);
        long drawn = 0;
        for (int i = 0; i < 10_000; i++) {
            drawn += draw.draws() ? 1 : 0;
        }
        assertThat(drawn).isBetween(60L, 150L);
    }
}

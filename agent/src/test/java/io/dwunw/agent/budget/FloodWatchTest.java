// SPDX-License-Identifier: MIT
package io.dwunw.agent.budget;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FloodWatchTest {
    private static final long LOOK = 5_000_000;

    private final FloodWatch watch = new FloodWatch();
    private long now = Long.MAX_VALUE - 10 * LOOK; // nanoTime may overflow
    private long backlog;

    private boolean growing(long lost, long withoutStack) {
        return watch.look(now += LOOK, lost, withoutStack, true, backlog += 1000);
    }

    private boolean quiet(long lost, long withoutStack) {
        backlog = 0;
        return watch.look(now += LOOK, lost, withoutStack, false, 0);
    }

    @Test
    void smallRecordsShedABurstWithoutAFlood() {
        for (int i = 0; i < FloodWatch.PATIENCE_NANOS / LOOK; i++) {
            assertThat(growing(0, i)).as("look %d", i).isFalse();
        }
        for (int i = 0; i < FloodWatch.CALM_NANOS / LOOK; i++) {
            assertThat(quiet(0, 9)).isFalse();
        }
        assertThat(watch.calm()).isTrue();
        assertThat(growing(0, 10)).isFalse();
    }

    @Test
    void itIsAFloodWhenItLastsUntilThereIsRoomForAWhile() {
        int looks = 0;
        while (!growing(0, looks)) {
            assertThat(watch.calm()).isFalse();
            assertThat(++looks).isLessThanOrEqualTo((int) (FloodWatch.PATIENCE_NANOS / LOOK));
        }
        assertThat(growing(0, looks + 1)).isTrue();
        quiet(0, looks + 1);
        assertThat(watch.calm()).as("at once").isFalse();
        for (int i = 0; i < FloodWatch.CALM_NANOS / LOOK; i++) {
            quiet(0, looks + 1);
        }
        assertThat(watch.calm()).as("after a while").isTrue();
    }

    @Test
    void itIsAFloodAtOnceWhenSamplesAreLost() {
        assertThat(growing(0, 0)).isFalse();
        assertThat(growing(1, 0)).isTrue();
    }

    @Test
    void whatWasLostBeforeCountsNoMore() {
        watch.start(100, 100);
        assertThat(quiet(100, 100)).isFalse();
        assertThat(watch.calm()).isTrue();
    }

    @Test
    void aRingThatStaysFullIsNotCalmThoughNothingIsAddedToIt() {
        growing(0, 0);
        for (int i = 0; i < 100; i++) {
            assertThat(watch.look(now += LOOK, 0, 0, true, backlog)).isFalse();
        }
        assertThat(watch.calm()).isFalse();
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class QuietSpansTest {
    private final QuietSpans spans = new QuietSpans();

    @Test
    void tellsTheSpanOfAMoment() {
        spans.lasts(100);
        spans.next(120);
        spans.lasts(200);
        spans.next(230);

        assertThat(spans.current()).isEqualTo(3);
        assertThat(spans.at(-5)).isEqualTo(1);
        assertThat(spans.at(100)).isEqualTo(1);
        assertThat(spans.at(120)).isEqualTo(2);
        assertThat(spans.at(200)).isEqualTo(2);
        assertThat(spans.at(230)).isEqualTo(3);
        assertThat(spans.at(Long.MAX_VALUE)).isEqualTo(3);
    }

    @Test
    void noSpanHasWhatLiesBetweenTwo() {
        spans.lasts(100);
        spans.next(120);

        assertThat(spans.at(101)).isEqualTo(QuietSpans.NONE);
        assertThat(spans.at(119)).isEqualTo(QuietSpans.NONE);
    }

    @Test
    void forgetsTheOldest() {
        for (int i = 1; i <= 200; i++) {
            spans.next(10L * i);
            spans.lasts(10L * i + 5);
        }

        assertThat(spans.at(2000)).isEqualTo(spans.current());
        assertThat(spans.at(1903)).isEqualTo(spans.current() - 10);
        assertThat(spans.at(1000)).isEqualTo(QuietSpans.NONE);
    }
}

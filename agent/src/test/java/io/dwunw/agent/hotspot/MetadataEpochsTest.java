// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class MetadataEpochsTest {
    private final MetadataEpochs epochs = new MetadataEpochs();

    @Test
    void tellsTheSpanOfAMoment() {
        epochs.lasts(100);
        epochs.next(120);
        epochs.lasts(200);
        epochs.next(230);

        assertThat(epochs.current()).isEqualTo(3);
        assertThat(epochs.at(-5)).isEqualTo(1);
        assertThat(epochs.at(100)).isEqualTo(1);
        assertThat(epochs.at(120)).isEqualTo(2);
        assertThat(epochs.at(200)).isEqualTo(2);
        assertThat(epochs.at(230)).isEqualTo(3);
        assertThat(epochs.at(Long.MAX_VALUE)).isEqualTo(3);
    }

    @Test
    void noSpanHasWhatLiesBetweenTwo() {
        epochs.lasts(100);
        epochs.next(120);

        assertThat(epochs.at(101)).isEqualTo(MetadataEpochs.NONE);
        assertThat(epochs.at(119)).isEqualTo(MetadataEpochs.NONE);
    }

    @Test
    void forgetsTheOldest() {
        for (int i = 1; i <= 200; i++) {
            epochs.next(10L * i);
            epochs.lasts(10L * i + 5);
        }

        assertThat(epochs.at(2000)).isEqualTo(epochs.current());
        assertThat(epochs.at(1903)).isEqualTo(epochs.current() - 10);
        assertThat(epochs.at(1000)).isEqualTo(MetadataEpochs.NONE);
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.hooks;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HooksConfigTest {
    private static final long NO_LIMIT = Long.MAX_VALUE;

    @Test
    void theRoomForSamplesFollowsTheInterval() {
        assertThat(HooksConfig.ringBytesFor(1, NO_LIMIT)).isEqualTo(HooksConfig.DENSE_RING_BYTES);
        assertThat(HooksConfig.ringBytesFor(64 << 10, NO_LIMIT)).isEqualTo(HooksConfig.DEFAULT_RING_BYTES);
        assertThat(HooksConfig.ringBytesFor(512 << 10, NO_LIMIT)).isEqualTo(HooksConfig.SPARSE_RING_BYTES);
    }

    @Test
    void butTakesOnlyAPartOfTheMemoryThatIsLeft() {
        for (long free = 1 << 20; free < 1L << 36; free *= 3) {
            int bytes = HooksConfig.ringBytesFor(1, free);
            assertThat(Integer.bitCount(bytes)).isEqualTo(1);
            assertThat((long) bytes).isLessThanOrEqualTo(Math.max(512 << 10, free / 16));
        }
        assertThat(HooksConfig.ringBytesFor(1, 256 << 20)).isEqualTo(16 << 20);
        assertThat(HooksConfig.boundedRingBytes(4 << 20, 32 << 20)).isEqualTo(2 << 20);
        assertThat(HooksConfig.ringBytesFor(512 << 10, 0)).isEqualTo(512 << 10);
    }
}

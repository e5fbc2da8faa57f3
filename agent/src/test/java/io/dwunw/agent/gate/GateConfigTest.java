// SPDX-License-Identifier: MIT
package io.dwunw.agent.gate;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class GateConfigTest {
    private static final long NO_LIMIT = Long.MAX_VALUE;

    @Test
    void theRoomForSamplesFollowsTheInterval() {
        assertThat(GateConfig.ringBytesFor(1, NO_LIMIT)).isEqualTo(GateConfig.DENSE_RING_BYTES);
        assertThat(GateConfig.ringBytesFor(64 << 10, NO_LIMIT)).isEqualTo(GateConfig.DEFAULT_RING_BYTES);
        assertThat(GateConfig.ringBytesFor(512 << 10, NO_LIMIT)).isEqualTo(GateConfig.SPARSE_RING_BYTES);
    }

    @Test
    void butTakesOnlyAPartOfTheMemoryThatIsLeft() {
        for (long free = 1 << 20; free < 1L << 36; free *= 3) {
            int bytes = GateConfig.ringBytesFor(1, free);
            assertThat(Integer.bitCount(bytes)).isEqualTo(1);
            assertThat((long) bytes).isLessThanOrEqualTo(Math.max(512 << 10, free / 16));
        }
        assertThat(GateConfig.ringBytesFor(1, 256 << 20)).isEqualTo(16 << 20);
        assertThat(GateConfig.boundedRingBytes(4 << 20, 32 << 20)).isEqualTo(2 << 20);
        assertThat(GateConfig.ringBytesFor(512 << 10, 0)).isEqualTo(512 << 10);
    }
}

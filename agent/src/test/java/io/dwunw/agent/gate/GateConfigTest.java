package io.dwunw.agent.gate;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class GateConfigTest {
    private static final long NO_LIMIT = Long.MAX_VALUE;

    @Test
    void theRoomForSamplesFollowsTheInterval() {
        assertThat(GateConfig.ringBytesFor(1, false, NO_LIMIT)).isEqualTo(GateConfig.DENSE_RING_BYTES);
        assertThat(GateConfig.ringBytesFor(1, true, NO_LIMIT)).isEqualTo(GateConfig.DENSE_KERNEL_RING_BYTES);
        assertThat(GateConfig.ringBytesFor(64 << 10, true, NO_LIMIT)).isEqualTo(GateConfig.DEFAULT_RING_BYTES);
        assertThat(GateConfig.ringBytesFor(512 << 10, false, NO_LIMIT)).isEqualTo(GateConfig.SPARSE_RING_BYTES);
    }

    @Test
    void butTakesOnlyAPartOfTheMemoryThatIsLeft() {
        for (long free = 1 << 20; free < 1L << 36; free *= 3) {
            for (boolean inKernel : new boolean[] {false, true}) {
                int bytes = GateConfig.ringBytesFor(1, inKernel, free);
                assertThat(Integer.bitCount(bytes)).isEqualTo(1);
                assertThat((long) bytes).isLessThanOrEqualTo(Math.max(512 << 10, free / 16));
            }
        }
        assertThat(GateConfig.ringBytesFor(1, true, 256 << 20)).isEqualTo(16 << 20);
        assertThat(GateConfig.ringBytesFor(512 << 10, true, 0)).isEqualTo(512 << 10);
    }
}

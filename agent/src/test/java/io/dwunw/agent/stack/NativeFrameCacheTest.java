// SPDX-License-Identifier: MIT
package io.dwunw.agent.stack;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class NativeFrameCacheTest {
    private static final long PC = 0x7f12_3456_789aL;
    private static final long FRAME = PackedFrame.nativeFrame(3, 0x789a, PC, true);

    private final NativeFrameCache frames = new NativeFrameCache();

    @Test
    void findsWhatWasPut() {
        assertThat(frames.find(PC, true, 1)).isEqualTo(NativeFrameCache.NONE);

        frames.put(PC, true, FRAME);

        assertThat(frames.find(PC, true, 1)).isEqualTo(FRAME);
        assertThat(frames.find(PC, false, 1)).isEqualTo(NativeFrameCache.NONE);
        assertThat(frames.find(PC + 1, true, 1)).isEqualTo(NativeFrameCache.NONE);
    }

    @Test
    void forgetsEverythingWhenTheMapChanges() {
        frames.find(PC, true, 1);
        frames.put(PC, true, FRAME);

        assertThat(frames.find(PC, true, 2)).isEqualTo(NativeFrameCache.NONE);
        assertThat(frames.find(PC, true, 1)).isEqualTo(NativeFrameCache.NONE);
    }

    @Test
    void neverGivesOnePcTheFrameOfAnother() {
        // Far more pcs than slots: most lose theirs.
        for (int i = 0; i < 50_000; i++) {
            long pc = PC + i * 3L;
            assertThat(frames.find(pc, true, 0)).isEqualTo(NativeFrameCache.NONE);
            frames.put(pc, true, PackedFrame.nativeFrame(1, i, pc, true));
        }
        int kept = 0;
        for (int i = 0; i < 50_000; i++) {
            long found = frames.find(PC + i * 3L, true, 0);
            if (found != NativeFrameCache.NONE) {
                assertThat(PackedFrame.svma(found)).isEqualTo(i);
                kept++;
            }
        }
        assertThat(kept).isPositive();
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.stack;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.jfr.FrameName;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class FrameNameCacheTest {
    private static final int CAPACITY = 3000;

    private final FrameNameCache names = new FrameNameCache(CAPACITY);

    private static FrameName name(long frame) {
        return FrameName.ofNative("libtest.so", "f" + frame, "text " + frame);
    }

    @Test
    void findsWhatWasPutAndNothingElse() {
        Random random = new Random(7);
        Map<Long, FrameName> expected = new HashMap<>();
        for (int i = 0; i < CAPACITY; i++) {
            // Like real ones: pcs a few bytes apart, under a handful of upper bits.
            long frame = ((long) random.nextInt(4) << 62) | random.nextInt(1 << 20);
            if (names.find(frame) == null) {
                names.put(frame, name(frame));
                expected.put(frame, name(frame));
            }
        }
        expected.forEach((frame, name) -> assertThat(names.find(frame)).isEqualTo(name));
        assertThat(names.find(1L << 40)).isNull();
        assertThat(expected).hasSizeGreaterThan(CAPACITY / 2);
    }

    @Test
    void knowsTheFrameWhoseBitsAreAllZero() {
        assertThat(names.find(0)).isNull();
        names.put(0, name(0));
        assertThat(names.find(0)).isEqualTo(name(0));
    }

    @Test
    void keepsWhatIsAskedForAndForgetsTheRest() {
        for (long frame = 1; frame <= 10L * CAPACITY; frame++) {
            if (names.find(frame) == null) {
                names.put(frame, name(frame));
            }
            assertThat(names.find(1)).isNotNull();
        }
        int kept = 0;
        for (long frame = 1; frame <= 10L * CAPACITY; frame++) {
            kept += names.find(frame) == null ? 0 : 1;
        }
        assertThat(kept).isBetween(CAPACITY, 2 * CAPACITY);
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class StackFoldingTest {
    private static List<FrameName> frames(int count) {
        List<FrameName> frames = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            frames.add(FrameName.ofNative("libc.so.6", "f" + i, ""));
        }
        return frames;
    }

    private static List<String> fold(int limit, List<FrameName> frames) {
        return new StackFolding(limit)
                .fold(frames).stream().map(FrameName::methodName).toList();
    }

    private static int framesBehind(String name) {
        return name.endsWith(" frames ···") ? Integer.parseInt(name.substring(0, name.indexOf(' '))) : 1;
    }

    @Test
    void whatFitsStays() {
        assertThat(fold(20, frames(20))).hasSize(20).startsWith("f0").endsWith("f19");
        assertThat(fold(20, frames(0))).isEmpty();
    }

    @Test
    void theGapCountsWhatIsMissing() {
        assertThat(fold(8, frames(9))).containsExactly("f0", "f1", "f2", "f3", "f4", "2 frames ···", "f7", "f8");
    }

    @Test
    void everyLengthFitsAndAddsUp() {
        for (int limit = -1; limit < 40; limit++) {
            for (int count = 1; count < 100; count++) {
                List<String> folded = fold(limit, frames(count));
                assertThat(folded).hasSizeLessThanOrEqualTo(Math.max(1, limit)).startsWith("f0");
                int stands =
                        folded.stream().mapToInt(StackFoldingTest::framesBehind).sum();
                assertThat(stands).isEqualTo(limit < 8 ? folded.size() : count);
            }
        }
    }

    @Test
    void tooLittleRoomKeepsTheInnermost() {
        assertThat(fold(3, frames(9))).containsExactly("f0", "f1", "f2");
    }
}

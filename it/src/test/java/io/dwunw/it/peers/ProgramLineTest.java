// SPDX-License-Identifier: MIT
package io.dwunw.it.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ProgramLineTest {
    @Test
    void theLastLineOfNumbersCounts() {
        assertThat(ProgramLine.parse(List.of("cpu=1 wall=2", "cpu=37.5 wall=-4 rss=123", "Native Memory Tracking:")))
                .isEqualTo(Map.of("cpu", 37.5, "wall", -4.0, "rss", 123.0));
    }

    @Test
    void aLineWithAnythingElseIsSomebodyElses() {
        assertThat(ProgramLine.parse(List.of("Total: reserved=1635KB, committed=120KB", "(malloc=1 #3)", "", "cpu=")))
                .isEmpty();
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.budget;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HeapShareTest {
    private static final long MEBIBYTE = 1 << 20;

    @Test
    void aSmallHeapHasSmallTables() {
        assertThat(HeapShare.entries(32 * MEBIBYTE, 4 << 20, 1 << 7, 8)).isEqualTo(1 << 15);
    }

    @Test
    void aLargeHeapHasNoLargerTablesThanAreOfUse() {
        assertThat(HeapShare.entries(1_000_000 * MEBIBYTE, 1 << 14, 800, 32)).isEqualTo(1 << 14);
        assertThat(HeapShare.entries(Long.MAX_VALUE, 1 << 14, 800, 32)).isEqualTo(1 << 14);
    }

    @Test
    void aTableIsNeverTooSmallToWork() {
        assertThat(HeapShare.entries(MEBIBYTE, 1 << 14, 800, 32)).isEqualTo(256);
    }
}

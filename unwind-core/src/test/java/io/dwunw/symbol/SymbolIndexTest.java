// SPDX-License-Identifier: MIT
package io.dwunw.symbol;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** A function that claims all code, and labels without a size, one each 16 bytes, in it. */
class SymbolIndexTest {
    private static final long BASE = 0x40_0000;
    private static final int DISTANCE = 16;

    private static SymbolIndex functionWithLabels(int labels) {
        int[] distances = new int[labels + 1];
        int[] sizes = new int[labels + 1];
        int[] references = new int[labels + 1];
        sizes[0] = Integer.MAX_VALUE;
        for (int i = 1; i <= labels; i++) {
            distances[i] = i * DISTANCE;
            references[i] = i;
        }
        return new SymbolIndex(BASE, (long) labels * DISTANCE, distances, sizes, references, labels + 1);
    }

    private static long labelFound(int labels) {
        SymbolIndex index = functionWithLabels(labels);
        int entry = index.find(BASE + (long) labels * DISTANCE + 1);
        return (index.startSvma(entry) - BASE) / DISTANCE;
    }

    @Test
    void aFunctionIsFoundAroundThousandsOfLabels() {
        assertThat(labelFound(10_000)).isZero();
    }

    @Test
    void aSearchEndsWhereAFileHasMadeUpItsSizes() {
        assertThat(labelFound(1_000_000)).isEqualTo(1_000_000);
    }
}

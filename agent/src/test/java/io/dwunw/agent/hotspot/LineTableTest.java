// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Encoded by hand after HotSpot's {@code CompressedLineNumberWriteStream} and {@code Unsigned5}. */
final class LineTableTest {
    @Test
    void readsNumbersOfOneToFiveBytes() {
        assertThat(new Unsigned5(bytes(0), 0).next()).isZero();
        assertThat(new Unsigned5(bytes(191), 0).next()).isEqualTo(191);
        assertThat(new Unsigned5(bytes(192, 0), 0).next()).isEqualTo(192);
        assertThat(new Unsigned5(bytes(192, 1), 0).next()).isEqualTo(192 + 64);
        assertThat(new Unsigned5(bytes(1), 1).next()).isZero();
        assertThat(new Unsigned5(bytes(193, 2), 1).next()).isEqualTo(192 + 64);
        // The greatest of all: each byte as high as it can be.
        assertThat(new Unsigned5(bytes(255, 255, 255, 255, 255), 0).next())
                .isEqualTo((int) (255L * (1 + 64 + 64 * 64 + 64 * 64 * 64 + 64 * 64 * 64 * 64)));
    }

    @Test
    void readsSignedNumbers() {
        assertThat(new Unsigned5(bytes(6), 0).nextSigned()).isEqualTo(3);
        assertThat(new Unsigned5(bytes(5), 0).nextSigned()).isEqualTo(-3);
    }

    @Test
    void neverReadsPastTheEnd() {
        Unsigned5 numbers = new Unsigned5(bytes(255, 255), 0);

        assertThat(numbers.next()).isEqualTo(255 + 255 * 64);
        assertThat(numbers.hasMore()).isFalse();
        assertThat(numbers.next()).isZero();
    }

    @Test
    void findsTheLineAtOrBeforeAnIndex() {
        // bci 0 → line 10 (escape: +0, +10), bci 3 → line 12 (3 << 3 | 2), bci 40 → line 11 (escape: +37, -1)
        LineTable table = new LineTable(bytes(255, 0, 20, 3 << 3 | 2, 255, 74, 1, 0), 0);

        assertThat(table.line(0)).isEqualTo(10);
        assertThat(table.line(2)).isEqualTo(10);
        assertThat(table.line(3)).isEqualTo(12);
        assertThat(table.line(39)).isEqualTo(12);
        assertThat(table.line(40)).isEqualTo(11);
        assertThat(table.line(65_535)).isEqualTo(11);
        assertThat(LineTable.NONE.line(5)).isEqualTo(-1);
    }

    @Test
    void cutsOffWhatFollowsTheTable() {
        byte[] table = bytes(255, 0, 20, 3 << 3 | 2, 0);
        byte[] more = bytes(255, 0, 20, 3 << 3 | 2, 0, 77, 78, 79);

        assertThat(LineTable.of(more, 0)).isEqualTo(new LineTable(table, 0));
        assertThat(LineTable.of(more, 0)).hasSameHashCodeAs(new LineTable(table, 0));
        assertThat(LineTable.of(more, 0).line(3)).isEqualTo(12);
    }

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }
}

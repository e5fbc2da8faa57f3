// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MetaspaceRoomTest {
    private static final long MEBIBYTE = 1 << 20;

    @Test
    void anEighthStaysFree() {
        assertThat(MetaspaceRoom.fits(24 * MEBIBYTE, 20 * MEBIBYTE, MEBIBYTE, 0))
                .isTrue();
        assertThat(MetaspaceRoom.fits(24 * MEBIBYTE, 20 * MEBIBYTE, MEBIBYTE + 1, 0))
                .isFalse();
    }

    @Test
    void aQuarterIsTheMost() {
        assertThat(MetaspaceRoom.fits(24 * MEBIBYTE, 0, MEBIBYTE, 5 * MEBIBYTE)).isTrue();
        assertThat(MetaspaceRoom.fits(24 * MEBIBYTE, 0, MEBIBYTE, 5 * MEBIBYTE + 1))
                .isFalse();
    }

    @Test
    void theSpacesOfThisJvmAreFound() {
        MetaspaceRoom room = new MetaspaceRoom();
        assertThat(room.has(64 << 10, 0)).isTrue();
        assertThat(room.has(1L << 50, 0)).as("more than the class space").isFalse();
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.bytes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dwunw.testkit.SectionAssembler;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ByteCursorTest {
    @ParameterizedTest
    @ValueSource(
            longs = {0, 1, 63, 64, 127, 128, 16384, Integer.MAX_VALUE, Long.MAX_VALUE, Long.MIN_VALUE, -1, -64, -65})
    void leb128GoesThroughAllSizes(long value) {
        SectionAssembler assembler = new SectionAssembler(ByteOrder.LITTLE_ENDIAN);
        ByteCursor cursor = assembler.uleb(value).sleb(value).bytes().cursor();
        assertThat(cursor.uleb128()).isEqualTo(value);
        assertThat(cursor.sleb128()).isEqualTo(value);
        assertThat(cursor.hasRemaining()).isFalse();
    }

    @Test
    void paddedLeb128IsAcceptedAndOverlongIsNot() {
        assertThat(cursor(0x81, 0x80, 0x80, 0x00).uleb128()).isEqualTo(1);
        assertThat(cursor(0xff, 0xff, 0x7f).sleb128()).isEqualTo(-1);
        assertThat(cursor(0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00)
                        .uleb128())
                .isEqualTo(1);
        assertThatThrownBy(() -> cursor(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02)
                        .uleb128())
                .isInstanceOf(MalformedDataException.class);
    }

    @Test
    void numbersFollowTheByteOrder() {
        byte[] bytes = {1, 2, 3, 4, 5, 6, 7, (byte) 0x88};
        ByteCursor big = Bytes.of(bytes, ByteOrder.BIG_ENDIAN).cursor();
        ByteCursor little = Bytes.of(bytes, ByteOrder.LITTLE_ENDIAN).cursor();
        assertThat(big.u16()).isEqualTo(0x0102);
        assertThat(little.u16()).isEqualTo(0x0201);
        assertThat(big.word(4)).isEqualTo(0x03040506);
        assertThat(little.word(4)).isEqualTo(0x06050403);
        assertThat(big.s16()).isEqualTo(0x0788);
        assertThat(little.s16()).isEqualTo((short) 0x8807);
    }

    @Test
    void readingPastTheLimitIsMalformed() {
        ByteCursor cursor = cursor(1, 2, 3, 4).reset(cursorBytes(1, 2, 3, 4), 0, 3);
        assertThat(cursor.u16()).isEqualTo(0x0201);
        assertThatThrownBy(cursor::u16).isInstanceOf(MalformedDataException.class);
        assertThatThrownBy(() -> cursor.skip(-1)).isInstanceOf(MalformedDataException.class);
        assertThatThrownBy(() -> cursor.position(4)).isInstanceOf(MalformedDataException.class);
        assertThatThrownBy(() -> cursor(0x80).uleb128()).isInstanceOf(MalformedDataException.class);
        assertThatThrownBy(() -> cursor(0x80).sleb128()).isInstanceOf(MalformedDataException.class);
    }

    @Test
    void rangesNearTheEndsOfLongAreMalformedNotWrapped() {
        Bytes bytes = cursorBytes(1, 2, 3, 4);
        assertThat(bytes.contains(Long.MAX_VALUE, Long.MAX_VALUE)).isFalse();
        assertThat(bytes.contains(-1, 1)).isFalse();
        assertThatThrownBy(() -> bytes.slice(2, Long.MAX_VALUE)).isInstanceOf(MalformedDataException.class);
        assertThatThrownBy(() -> bytes.u64(Long.MAX_VALUE - 3)).isInstanceOf(MalformedDataException.class);
        assertThatThrownBy(() -> bytes.cString(0, 100)).isInstanceOf(MalformedDataException.class);
        assertThatThrownBy(() -> bytes.u8(4)).hasMessageContaining("0x4").hasNoCause();
    }

    private static ByteCursor cursor(int... values) {
        return cursorBytes(values).cursor();
    }

    private static Bytes cursorBytes(int... values) {
        return new SectionAssembler(ByteOrder.LITTLE_ENDIAN).u8(values).bytes();
    }
}

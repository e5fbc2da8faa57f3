// SPDX-License-Identifier: MIT
package io.dwunw.testkit;

import io.dwunw.bytes.Bytes;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Puts a section together from numbers; lengths are filled in when an entry is closed. */
public final class SectionAssembler {
    private final ByteOrder order;
    private byte[] bytes = new byte[256];
    private int size;
    private int entry = -1;

    public SectionAssembler(ByteOrder order) {
        this.order = order;
    }

    /** Offset of the next byte. */
    public int offset() {
        return size;
    }

    public SectionAssembler u8(int... values) {
        for (int value : values) {
            append(new byte[] {(byte) value});
        }
        return this;
    }

    public SectionAssembler u16(int value) {
        return append(buffer(2).putShort((short) value).array());
    }

    public SectionAssembler u32(long value) {
        return append(buffer(4).putInt((int) value).array());
    }

    public SectionAssembler u64(long value) {
        return append(buffer(8).putLong(value).array());
    }

    public SectionAssembler uleb(long value) {
        long rest = value;
        while (rest >>> 7 != 0) {
            u8((int) (rest & 0x7f) | 0x80);
            rest >>>= 7;
        }
        return u8((int) rest);
    }

    public SectionAssembler sleb(long value) {
        long rest = value;
        while (rest < -64 || rest > 63) {
            u8((int) (rest & 0x7f) | 0x80);
            rest >>= 7;
        }
        return u8((int) rest & 0x7f);
    }

    public SectionAssembler string(String text) {
        return append(text.getBytes(StandardCharsets.US_ASCII)).u8(0);
    }

    /** Appends a block: its length, then its bytes. */
    public SectionAssembler block(SectionAssembler content) {
        return uleb(content.size).append(content.toArray());
    }

    /** Begins an entry with a 32-bit length that {@link #close} fills in. */
    public SectionAssembler open() {
        entry = size;
        return u32(0);
    }

    /** Pads with zeros, which are {@code DW_CFA_nop}, and fills in the length. */
    public SectionAssembler close() {
        while ((size - entry) % 4 != 0) {
            u8(0);
        }
        ByteBuffer.wrap(bytes).order(order).putInt(entry, size - entry - 4);
        return this;
    }

    public Bytes bytes() {
        return Bytes.of(toArray(), order);
    }

    public byte[] toArray() {
        return Arrays.copyOf(bytes, size);
    }

    private ByteBuffer buffer(int length) {
        return ByteBuffer.allocate(length).order(order);
    }

    private SectionAssembler append(byte[] more) {
        if (size + more.length > bytes.length) {
            bytes = Arrays.copyOf(bytes, 2 * (size + more.length));
        }
        System.arraycopy(more, 0, bytes, size, more.length);
        size += more.length;
        return this;
    }
}

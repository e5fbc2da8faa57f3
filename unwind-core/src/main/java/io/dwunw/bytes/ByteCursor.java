// SPDX-License-Identifier: MIT
package io.dwunw.bytes;

/**
 * Reads numbers one after the other between a position and a limit. Mutable and reusable: {@link #reset} points it at
 * other bytes, so that repeated decoding allocates nothing. Reading past the limit throws
 * {@link MalformedDataException}.
 */
public final class ByteCursor {
    private static final int LONG_BITS = 64;

    private Bytes bytes;
    private long position;
    private long limit;

    public ByteCursor(Bytes bytes) {
        this.bytes = bytes;
        this.limit = bytes.size();
    }

    /** Points this cursor at {@code [start, end)} of {@code bytes}. */
    public ByteCursor reset(Bytes bytes, long start, long end) {
        if (start < 0 || end < start || end > bytes.size()) {
            throw new MalformedDataException("range lies outside its data", start);
        }
        this.bytes = bytes;
        this.position = start;
        this.limit = end;
        return this;
    }

    /** Offset of the next byte in the underlying {@link Bytes}. */
    public long position() {
        return position;
    }

    /** Moves to an offset of the underlying bytes, at most the limit. */
    public void position(long offset) {
        if (offset < 0 || offset > limit) {
            throw new MalformedDataException("jump lies outside its data", offset);
        }
        position = offset;
    }

    public long limit() {
        return limit;
    }

    public long remaining() {
        return limit - position;
    }

    public boolean hasRemaining() {
        return position < limit;
    }

    public void skip(long count) {
        take(count);
    }

    public int u8() {
        return bytes.u8(take(1));
    }

    public int s8() {
        return (byte) bytes.u8(take(1));
    }

    public int u16() {
        return bytes.u16(take(2));
    }

    public int s16() {
        return (short) bytes.u16(take(2));
    }

    public long u32() {
        return bytes.u32(take(4));
    }

    public int s32() {
        return bytes.s32(take(4));
    }

    public long u64() {
        return bytes.u64(take(8));
    }

    /** Four bytes zero-extended, or eight. */
    public long word(int wordBytes) {
        return wordBytes == 4 ? u32() : u64();
    }

    /** DWARF 5 §7.6: unsigned LEB128. Padding is accepted, a value of more than 64 bits is not. */
    public long uleb128() {
        long start = position;
        long value = 0;
        int shift = 0;
        while (true) {
            int b = u8();
            long bits = b & 0x7f;
            if (shift < LONG_BITS) {
                value |= bits << shift;
            }
            if (bits != 0 && (shift >= LONG_BITS || (shift == LONG_BITS - 1 && bits > 1))) {
                throw new MalformedDataException("LEB128 does not fit 64 bits", start);
            }
            if ((b & 0x80) == 0) {
                return value;
            }
            shift = Math.min(shift + 7, LONG_BITS + 7);
        }
    }

    /** DWARF 5 §7.6: signed LEB128. Bits beyond the 64th are dropped, as they only repeat the sign. */
    public long sleb128() {
        long value = 0;
        int shift = 0;
        while (true) {
            int b = u8();
            if (shift < LONG_BITS) {
                value |= (long) (b & 0x7f) << shift;
            }
            shift = Math.min(shift + 7, LONG_BITS + 7);
            if ((b & 0x80) == 0) {
                return (b & 0x40) != 0 && shift < LONG_BITS ? value | (-1L << shift) : value;
            }
        }
    }

    private long take(long count) {
        long at = position;
        if (count < 0 || count > limit - at) {
            throw new MalformedDataException("read past the end", at);
        }
        position = at + count;
        return at;
    }
}

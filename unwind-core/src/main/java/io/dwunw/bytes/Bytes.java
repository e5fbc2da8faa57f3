package io.dwunw.bytes;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * An immutable run of bytes with a byte order, usually a view of a mapped file. Offsets are {@code long}, because they
 * come from 64-bit fields of untrusted files; every access is checked and fails with {@link MalformedDataException}.
 * Safe to share between threads.
 */
public final class Bytes {
    private static final Bytes EMPTY = new Bytes(ByteBuffer.allocate(0));

    private final ByteBuffer buffer;
    private final int size;

    private Bytes(ByteBuffer buffer) {
        this.buffer = buffer;
        this.size = buffer.limit();
    }

    /** The buffer's remaining bytes in the buffer's own byte order; not copied. */
    public static Bytes of(ByteBuffer source) {
        return new Bytes(source.slice().order(source.order()));
    }

    /** The whole array, not copied: the caller must not change it afterwards. */
    public static Bytes of(byte[] source, ByteOrder order) {
        return new Bytes(ByteBuffer.wrap(source).order(order));
    }

    /** No bytes at all. */
    public static Bytes empty() {
        return EMPTY;
    }

    /** Number of bytes. */
    public long size() {
        return size;
    }

    /** The order in which multi-byte numbers are read. */
    public ByteOrder order() {
        return buffer.order();
    }

    /** The same bytes read in another order. */
    public Bytes order(ByteOrder order) {
        return order == buffer.order() ? this : new Bytes(buffer.duplicate().order(order));
    }

    /** Whether {@code length} bytes from {@code offset} exist; both are taken as unsigned. */
    public boolean contains(long offset, long length) {
        return offset >= 0 && length >= 0 && offset <= size && length <= size - offset;
    }

    /** A part of these bytes, not copied. */
    public Bytes slice(long offset, long length) {
        if (!contains(offset, length)) {
            throw new MalformedDataException("range lies outside its data", offset);
        }
        return new Bytes(buffer.slice((int) offset, (int) length).order(buffer.order()));
    }

    /** From {@code offset} to the end, not copied. */
    public Bytes from(long offset) {
        return slice(offset, size - offset);
    }

    public int u8(long offset) {
        return buffer.get(at(offset, 1)) & 0xff;
    }

    public int u16(long offset) {
        return buffer.getShort(at(offset, 2)) & 0xffff;
    }

    public int s32(long offset) {
        return buffer.getInt(at(offset, 4));
    }

    public long u32(long offset) {
        return s32(offset) & 0xffff_ffffL;
    }

    /** Eight bytes; unsigned values use all 64 bits. */
    public long u64(long offset) {
        return buffer.getLong(at(offset, 8));
    }

    /** An address or offset of a file's class: four bytes zero-extended, or eight. */
    public long word(long offset, int wordBytes) {
        return wordBytes == 4 ? u32(offset) : u64(offset);
    }

    /** Reads a zero-terminated string; bytes that are not UTF-8 become replacement characters. */
    public String cString(long offset) {
        int start = at(offset, 1);
        int end = start;
        while (buffer.get(end) != 0) {
            if (++end == size) {
                throw new MalformedDataException("string has no end", offset);
            }
        }
        byte[] text = new byte[end - start];
        buffer.get(start, text);
        return new String(text, StandardCharsets.UTF_8);
    }

    /** Whether the zero-terminated string at {@code offset} is exactly this ASCII text; false outside the data. */
    public boolean cStringEquals(long offset, String ascii) {
        int length = ascii.length();
        if (!contains(offset, length + 1L)) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (buffer.get((int) offset + i) != (byte) ascii.charAt(i)) {
                return false;
            }
        }
        return buffer.get((int) offset + length) == 0;
    }

    /** Copies out {@code length} bytes. */
    public void copy(long offset, byte[] destination, int destinationOffset, int length) {
        buffer.get(at(offset, length), destination, destinationOffset, length);
    }

    /** A fresh array of {@code length} bytes; callers cap {@code length} where it comes from outside. */
    public byte[] toArray(long offset, int length) {
        int start = at(offset, length);
        byte[] copy = new byte[length];
        buffer.get(start, copy);
        return copy;
    }

    /** A read-only view with its own position, for APIs that want a buffer. */
    public ByteBuffer asByteBuffer() {
        return buffer.asReadOnlyBuffer().order(buffer.order());
    }

    /** A cursor over all bytes, at the start. */
    public ByteCursor cursor() {
        return new ByteCursor(this);
    }

    private int at(long offset, int length) {
        if (offset < 0 || length < 0 || offset > (long) size - length) {
            throw new MalformedDataException("read past the end", offset);
        }
        return (int) offset;
    }
}

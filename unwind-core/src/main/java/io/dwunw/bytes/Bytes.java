// SPDX-License-Identifier: MIT
package io.dwunw.bytes;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;

/**
 * A run of bytes with a byte order: an array, or a file that is read as it is wanted ({@link FileBytes}). Offsets are
 * {@code long}, because they come from 64-bit fields of untrusted files; every access is checked and fails with
 * {@link MalformedDataException}. Safe to share between threads.
 */
public final class Bytes {
    private static final Bytes EMPTY = new Bytes(new ArrayStore(new byte[0]), 0, 0, ByteOrder.BIG_ENDIAN);

    private static final int CHUNK_BYTES = 1 << 13;

    private final ByteStore store;
    private final int base;
    private final int size;
    private final ByteOrder order;

    private Bytes(ByteStore store, int base, int size, ByteOrder order) {
        this.store = store;
        this.base = base;
        this.size = size;
        this.order = order;
    }

    /** The buffer's remaining bytes in the buffer's own byte order; not copied if they lie in an array. */
    public static Bytes of(ByteBuffer source) {
        if (source.hasArray()) {
            int start = source.arrayOffset() + source.position();
            return new Bytes(new ArrayStore(source.array()), start, source.remaining(), source.order());
        }
        byte[] copy = new byte[source.remaining()];
        source.duplicate().get(copy);
        return of(copy, source.order());
    }

    /** The whole array, not copied: the caller must not change it afterwards. */
    public static Bytes of(byte[] source, ByteOrder order) {
        return new Bytes(new ArrayStore(source), 0, source.length, order);
    }

    static Bytes of(ByteStore store, int size, ByteOrder order) {
        return new Bytes(store, 0, size, order);
    }

    /** An array that was derived of these bytes, and counts for the same file; in the same order. */
    public Bytes derived(byte[] array) {
        return new Bytes(new ArrayStore(array, store.account()), 0, array.length, order);
    }

    /** What is allocated and done because of these bytes is to be counted here. */
    public FileAccount account() {
        return store.account();
    }

    /** No bytes at all. */
    public static Bytes empty() {
        return EMPTY;
    }

    /** An independent view of these bytes; those of a file as it is today, whatever was read of it before. */
    public Bytes reread() {
        return new Bytes(store.reread(), base, size, order);
    }

    /**
     * Closes the file that these are bytes of, if they are: what was not read of it is malformed from then on, in all
     * of its bytes, those of {@link #reread} included. A file that is not closed explicitly is closed when its bytes
     * are no longer reachable.
     */
    public void close() {
        store.close();
    }

    /** Number of bytes. */
    public long size() {
        return size;
    }

    /** The order in which multi-byte numbers are read. */
    public ByteOrder order() {
        return order;
    }

    /** A view of these bytes in another byte order. */
    public Bytes order(ByteOrder other) {
        return other == order ? this : new Bytes(store, base, size, other);
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
        return new Bytes(store, base + (int) offset, (int) length, order);
    }

    /** From {@code offset} to the end, not copied. */
    public Bytes from(long offset) {
        return slice(offset, size - offset);
    }

    public int u8(long offset) {
        return store.s8(at(offset, 1)) & 0xff;
    }

    public int u16(long offset) {
        return store.s16(at(offset, 2), order) & 0xffff;
    }

    public int s32(long offset) {
        return store.s32(at(offset, 4), order);
    }

    public long u32(long offset) {
        return s32(offset) & 0xffff_ffffL;
    }

    /** Eight bytes; unsigned values use all 64 bits. */
    public long u64(long offset) {
        return store.s64(at(offset, 8), order);
    }

    /** An address or offset of a file's class: four bytes zero-extended, or eight. */
    public long word(long offset, int wordBytes) {
        return wordBytes == 4 ? u32(offset) : u64(offset);
    }

    /**
     * Reads a zero-terminated string of at most {@code maxBytes} bytes; those that are not UTF-8 become replacement
     * characters.
     *
     * @throws MalformedDataException if it is longer, or does not end
     */
    public String cString(long offset, int maxBytes) {
        int start = at(offset, 1);
        int end = (int) Math.min(base + (long) size, start + (long) maxBytes + 1);
        int length = 0;
        while (store.s8(start + length) != 0) {
            if (start + ++length == end) {
                throw new MalformedDataException("string has no end", offset);
            }
        }
        return new String(toArray(offset, length), StandardCharsets.UTF_8);
    }

    /** Whether the zero-terminated string at {@code offset} is exactly this ASCII text; false outside the data. */
    public boolean cStringEquals(long offset, String ascii) {
        int length = ascii.length();
        if (!contains(offset, length + 1L)) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (u8(offset + i) != ascii.charAt(i)) {
                return false;
            }
        }
        return u8(offset + length) == 0;
    }

    /** Copies out {@code length} bytes. */
    public void copy(long offset, byte[] destination, int destinationOffset, int length) {
        store.copy(at(offset, length), destination, destinationOffset, length);
    }

    /** A fresh array of {@code length} bytes; callers cap {@code length} where it comes from outside. */
    public byte[] toArray(long offset, int length) {
        int start = at(offset, length);
        byte[] copy = new byte[length];
        store.copy(start, copy, 0, length);
        return copy;
    }

    /** The CRC-32 (ISO 3309) of all bytes. */
    public long crc32() {
        CRC32 crc = new CRC32();
        byte[] chunk = new byte[Math.min(size, CHUNK_BYTES)];
        for (long done = 0; done < size; done += chunk.length) {
            int count = (int) Math.min(chunk.length, size - done);
            account().watch();
            copy(done, chunk, 0, count);
            crc.update(chunk, 0, count);
        }
        return crc.getValue();
    }

    /** A cursor over all bytes, at the start. */
    public ByteCursor cursor() {
        return new ByteCursor(this);
    }

    private int at(long offset, int length) {
        if (offset < 0 || length < 0 || offset > (long) size - length) {
            throw new MalformedDataException("read past the end", offset);
        }
        return base + (int) offset;
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.bytes;

import java.nio.ByteOrder;

/**
 * Bytes of an array, and how numbers are read out of one: byte by byte, because files are mostly read before anything
 * is compiled, and a VarHandle then takes thirty times as long.
 */
final class ArrayStore implements ByteStore {
    private static final long INT = 0xffff_ffffL;

    private final byte[] array;
    private final FileAccount account;

    /** Of an array that belongs to no file: nothing is counted. */
    ArrayStore(byte[] array) {
        this(array, FileAccount.NONE);
    }

    ArrayStore(byte[] array, FileAccount account) {
        this.array = array;
        this.account = account;
    }

    @Override
    public FileAccount account() {
        return account;
    }

    @Override
    public byte s8(int at) {
        return array[at];
    }

    @Override
    public short s16(int at, ByteOrder order) {
        return s16(array, at, order);
    }

    @Override
    public int s32(int at, ByteOrder order) {
        return s32(array, at, order);
    }

    @Override
    public long s64(int at, ByteOrder order) {
        return s64(array, at, order);
    }

    @Override
    public void copy(int at, byte[] destination, int destinationOffset, int length) {
        System.arraycopy(array, at, destination, destinationOffset, length);
    }

    static short s16(byte[] from, int at, ByteOrder order) {
        int low = order == ByteOrder.BIG_ENDIAN ? at + 1 : at;
        int high = order == ByteOrder.BIG_ENDIAN ? at : at + 1;
        return (short) ((from[low] & 0xff) | (from[high] << 8));
    }

    static int s32(byte[] from, int at, ByteOrder order) {
        if (order == ByteOrder.BIG_ENDIAN) {
            return ((from[at] & 0xff) << 24)
                    | ((from[at + 1] & 0xff) << 16)
                    | ((from[at + 2] & 0xff) << 8)
                    | (from[at + 3] & 0xff);
        }
        return (from[at] & 0xff)
                | ((from[at + 1] & 0xff) << 8)
                | ((from[at + 2] & 0xff) << 16)
                | ((from[at + 3] & 0xff) << 24);
    }

    static long s64(byte[] from, int at, ByteOrder order) {
        int low = s32(from, order == ByteOrder.BIG_ENDIAN ? at + Integer.BYTES : at, order);
        int high = s32(from, order == ByteOrder.BIG_ENDIAN ? at : at + Integer.BYTES, order);
        return (low & INT) | ((long) high << Integer.SIZE);
    }
}

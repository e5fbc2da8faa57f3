package io.dwunw.bytes;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Bytes of an array, and how numbers are read out of one. */
final class ArrayStore implements ByteStore {
    private static final VarHandle SHORT_LE = view(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle SHORT_BE = view(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT_LE = view(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT_BE = view(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG_LE = view(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG_BE = view(long[].class, ByteOrder.BIG_ENDIAN);

    private final byte[] array;

    ArrayStore(byte[] array) {
        this.array = array;
    }

    private static VarHandle view(Class<?> type, ByteOrder order) {
        return MethodHandles.byteArrayViewVarHandle(type, order);
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
        return order == ByteOrder.BIG_ENDIAN ? (short) SHORT_BE.get(from, at) : (short) SHORT_LE.get(from, at);
    }

    static int s32(byte[] from, int at, ByteOrder order) {
        return order == ByteOrder.BIG_ENDIAN ? (int) INT_BE.get(from, at) : (int) INT_LE.get(from, at);
    }

    static long s64(byte[] from, int at, ByteOrder order) {
        return order == ByteOrder.BIG_ENDIAN ? (long) LONG_BE.get(from, at) : (long) LONG_LE.get(from, at);
    }
}

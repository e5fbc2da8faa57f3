// SPDX-License-Identifier: MIT
package io.dwunw.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** A stack's bytes in an array. Reading is thread-safe and allocates nothing. */
public final class StackSnapshot implements StackMemory {
    private static final VarHandle LITTLE = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle BIG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private final long lowAvma;
    private final byte[] bytes;
    private final boolean bigEndian;

    /** The bytes from {@code lowAvma} on; the array is not copied. */
    public StackSnapshot(long lowAvma, byte[] bytes, ByteOrder order) {
        this.lowAvma = lowAvma;
        this.bytes = bytes;
        this.bigEndian = order == ByteOrder.BIG_ENDIAN;
    }

    @Override
    public long lowAvma() {
        return lowAvma;
    }

    @Override
    public long highAvma() {
        return lowAvma + bytes.length;
    }

    @Override
    public boolean contains(long avma, int length) {
        long offset = avma - lowAvma;
        return offset >= 0 && length >= 0 && offset <= (long) bytes.length - length;
    }

    @Override
    public long word(long avma) {
        int at = (int) (avma - lowAvma);
        return bigEndian ? (long) BIG.get(bytes, at) : (long) LITTLE.get(bytes, at);
    }

    @Override
    public long unsigned(long avma, int length) {
        int at = (int) (avma - lowAvma);
        long value = 0;
        for (int i = 0; i < length; i++) {
            int index = bigEndian ? i : length - 1 - i;
            value = (value << Byte.SIZE) | (bytes[at + index] & 0xff);
        }
        return value;
    }
}

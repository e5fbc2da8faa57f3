// SPDX-License-Identifier: MIT
package io.dwunw.bytes;

import java.nio.ByteOrder;

/** Storage in which {@link Bytes} lie. Callers have checked offsets and lengths against the size. Thread-safe. */
interface ByteStore {
    /** One byte, sign-extended. */
    byte s8(int at);

    short s16(int at, ByteOrder order);

    int s32(int at, ByteOrder order);

    long s64(int at, ByteOrder order);

    void copy(int at, byte[] destination, int destinationOffset, int length);

    /** A store of the same bytes that keeps nothing of what was read so far. */
    default ByteStore reread() {
        return this;
    }

    /** What the bytes, and all that is derived of them, count for. */
    FileAccount account();

    /** Lets go of what the bytes are read from. */
    default void close() {}
}

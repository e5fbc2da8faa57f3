// SPDX-License-Identifier: MIT
package io.dwunw.memory;

/** Hot: the bytes of one stack, {@code [lowAvma, highAvma)}. Implementations allocate nothing. */
public interface StackMemory {
    long lowAvma();

    long highAvma();

    /** Whether {@code bytes} bytes from {@code avma} on are here. */
    boolean contains(long avma, int bytes);

    /** Eight bytes in the target's byte order. Defined only where {@code contains(avma, 8)}. */
    long word(long avma);

    /**
     * One, two, four or eight bytes, zero-extended. Defined only where {@code contains(avma, bytes)}. This default is
     * for little-endian targets with stacks of at least eight bytes; others override it.
     */
    default long unsigned(long avma, int bytes) {
        if (bytes == Long.BYTES) {
            return word(avma);
        }
        long mask = (1L << (bytes * Byte.SIZE)) - 1;
        if (contains(avma, Long.BYTES)) {
            return word(avma) & mask;
        }
        return (word(avma + bytes - Long.BYTES) >>> ((Long.BYTES - bytes) * Byte.SIZE)) & mask;
    }
}

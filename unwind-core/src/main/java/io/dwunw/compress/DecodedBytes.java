// SPDX-License-Identifier: MIT
package io.dwunw.compress;

import io.dwunw.bytes.FileAccount;
import io.dwunw.bytes.MalformedDataException;
import java.util.Arrays;

/**
 * Growing output, which is also the dictionary that matches are copied from. Counted for the file that it is decoded
 * from.
 */
final class DecodedBytes {
    private static final int INITIAL_BYTES = 1 << 16;

    private static final String WHAT = "compressed part";

    private final int maxBytes;
    private final FileAccount account;
    private byte[] array = {};
    private int size;

    DecodedBytes(int maxBytes, FileAccount account) {
        this.maxBytes = maxBytes;
        this.account = account;
    }

    int size() {
        return size;
    }

    /** The bytes so far, with room behind them; valid until the next {@link #reserve}. */
    byte[] array() {
        return array;
    }

    byte[] toArray() {
        resize(size);
        return array;
    }

    /** Nothing of it is needed. */
    void discard() {
        account.give(array.length);
        array = new byte[0];
        size = 0;
    }

    private void resize(int length) {
        if (length != array.length) {
            int before = array.length;
            account.take(length, WHAT);
            array = Arrays.copyOf(array, length);
            account.give(before);
        }
    }

    /** Makes room for that many more bytes. */
    void reserve(int more) {
        if (more > maxBytes - size) {
            throw new MalformedDataException("decodes to more bytes than allowed", maxBytes);
        }
        account.watch();
        if (more > array.length - size) {
            int doubled = (int) Math.min(maxBytes, Math.max(INITIAL_BYTES, 2L * array.length));
            resize(Math.max(doubled, size + more));
        }
    }

    void append(byte value) {
        array[size++] = value;
    }

    /** A byte from {@code distance} + 1 bytes ago. */
    int ago(int distance) {
        return array[size - 1 - distance] & 0xff;
    }

    /** Repeats what began {@code distance} + 1 bytes ago; source and target may overlap. */
    void repeat(int distance, int length) {
        int from = size - 1 - distance;
        for (int i = 0; i < length; i++) {
            array[size + i] = array[from + i];
        }
        size += length;
    }
}

package io.dwunw.compress;

import io.dwunw.bytes.MalformedDataException;
import java.util.Arrays;

/** Growing output, which is also the dictionary that matches are copied from. */
final class DecodedBytes {
    private static final int INITIAL_BYTES = 1 << 16;

    private final int maxBytes;
    private byte[] array;
    private int size;

    DecodedBytes(int maxBytes) {
        this.maxBytes = maxBytes;
        this.array = new byte[Math.min(INITIAL_BYTES, maxBytes)];
    }

    int size() {
        return size;
    }

    /** The bytes so far, with room behind them; valid until the next {@link #reserve}. */
    byte[] array() {
        return array;
    }

    byte[] toArray() {
        return Arrays.copyOf(array, size);
    }

    /** Makes room for that many more bytes. */
    void reserve(int more) {
        if (more > maxBytes - size) {
            throw new MalformedDataException("decodes to more bytes than allowed", maxBytes);
        }
        if (more > array.length - size) {
            int doubled = (int) Math.min(maxBytes, 2L * array.length);
            array = Arrays.copyOf(array, Math.max(doubled, size + more));
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

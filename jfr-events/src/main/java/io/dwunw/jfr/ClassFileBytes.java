// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Bytes of a class file under construction, big endian (JVMS 4). Grows as needed; not thread-safe. */
final class ClassFileBytes {
    /** Longest text of a constant (JVMS 4.4.7). */
    private static final int MAX_UTF8 = 0xffff;

    private byte[] bytes = new byte[128];
    private int length;

    int length() {
        return length;
    }

    ClassFileBytes u1(int value) {
        room(1);
        bytes[length++] = (byte) value;
        return this;
    }

    ClassFileBytes u2(int value) {
        return u1(value >> 8).u1(value);
    }

    ClassFileBytes u4(int value) {
        return u2(value >> 16).u2(value);
    }

    /** Writes a number over four bytes that are there already. */
    void u4At(int at, int value) {
        for (int i = 0; i < Integer.BYTES; i++) {
            bytes[at + i] = (byte) (value >> (Integer.SIZE - Byte.SIZE * (i + 1)));
        }
    }

    ClassFileBytes all(ClassFileBytes other) {
        return all(other.bytes, other.length);
    }

    private ClassFileBytes all(byte[] more, int count) {
        room(count);
        System.arraycopy(more, 0, bytes, length, count);
        length += count;
        return this;
    }

    /**
     * The length, then the text in modified UTF-8.
     *
     * @throws IllegalArgumentException if a class file cannot hold a text of this length
     */
    ClassFileBytes utf8(String text) {
        byte[] plain = text.getBytes(StandardCharsets.UTF_8);
        if (plain.length == text.length() && text.indexOf(0) < 0) { // ASCII, which is most, and modified in nothing
            return sized(plain, plain.length);
        }
        ClassFileBytes modified = new ClassFileBytes();
        for (int i = 0; i < text.length(); i++) {
            modified.character(text.charAt(i));
        }
        return sized(modified.bytes, modified.length);
    }

    private ClassFileBytes sized(byte[] text, int size) {
        if (size > MAX_UTF8) {
            throw new IllegalArgumentException("a name of " + size + " bytes");
        }
        return u2(size).all(text, size);
    }

    private void character(char c) {
        if (c != 0 && c < 0x80) {
            u1(c);
        } else if (c < 0x800) {
            u1(0xc0 | (c >> 6)).u1(0x80 | (c & 0x3f));
        } else {
            u1(0xe0 | (c >> 12)).u1(0x80 | ((c >> 6) & 0x3f)).u1(0x80 | (c & 0x3f));
        }
    }

    byte[] toArray() {
        return Arrays.copyOf(bytes, length);
    }

    private void room(int more) {
        if (bytes.length - length < more) {
            bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, length + more));
        }
    }
}

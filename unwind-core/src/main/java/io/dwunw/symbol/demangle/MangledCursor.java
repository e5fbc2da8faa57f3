// SPDX-License-Identifier: MIT
package io.dwunw.symbol.demangle;

/** A position in a mangled name. Reading past the end yields {@link #END}, as if the name were zero-terminated. */
final class MangledCursor {
    static final char END = '\0';

    private final String text;
    private int position;

    MangledCursor(String text, int position) {
        this.text = text;
        this.position = position;
    }

    int position() {
        return position;
    }

    void position(int newPosition) {
        position = newPosition;
    }

    boolean atEnd() {
        return position >= text.length();
    }

    char peek() {
        return peek(0);
    }

    char peek(int ahead) {
        int index = position + ahead;
        return index < text.length() ? text.charAt(index) : END;
    }

    boolean at(char first, char second) {
        return peek() == first && peek(1) == second;
    }

    char next() {
        char c = peek();
        if (c == END) {
            throw new NotMangledException();
        }
        position++;
        return c;
    }

    void skip(int count) {
        position += count;
    }

    boolean take(char expected) {
        if (peek() != expected) {
            return false;
        }
        position++;
        return true;
    }

    void expect(char expected) {
        if (!take(expected)) {
            throw new NotMangledException();
        }
    }

    String take(int length) {
        if (length <= 0 || length > text.length() - position) {
            throw new NotMangledException();
        }
        String taken = text.substring(position, position + length);
        position += length;
        return taken;
    }

    /** The text between an earlier position and this one. */
    String since(int start) {
        return text.substring(start, position);
    }

    /** {@code <number> ::= [n] <non-negative decimal integer>}; none at all reads as 0. */
    int number() {
        boolean negative = take('n');
        int value = 0;
        while (isDigit(peek())) {
            int digit = next() - '0';
            if (value > (Integer.MAX_VALUE - digit) / 10) {
                throw new NotMangledException();
            }
            value = value * 10 + digit;
        }
        return negative ? -value : value;
    }

    /** {@code _} is 0, {@code 0_} is 1, and so on, as in {@code <template-param>}. */
    int compactNumber() {
        int value = 0;
        if (peek() != '_') {
            if (peek() == 'n') {
                throw new NotMangledException();
            }
            value = number() + 1;
            if (value < 0) {
                throw new NotMangledException();
            }
        }
        expect('_');
        return value;
    }

    /** {@code <seq-id>}, base 36 with capitals: {@code _} is 0, {@code 0_} is 1, {@code Z_} is 36. */
    int sequenceNumber() {
        if (take('_')) {
            return 0;
        }
        int value = 0;
        while (!take('_')) {
            char c = next();
            int digit = isDigit(c) ? c - '0' : isUpper(c) ? c - 'A' + 10 : -1;
            if (digit < 0 || value > (Integer.MAX_VALUE - 36) / 36) {
                throw new NotMangledException();
            }
            value = value * 36 + digit;
        }
        return value + 1;
    }

    static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    static boolean isUpper(char c) {
        return c >= 'A' && c <= 'Z';
    }

    static boolean isLower(char c) {
        return c >= 'a' && c <= 'z';
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.symbol.demangle;

/** Reads the tokens of RFC 2603 from what follows {@code _R}. */
final class RustCursor {
    private final MangledCursor in;

    RustCursor(String text) {
        this.in = new MangledCursor(text, 0);
    }

    int position() {
        return in.position();
    }

    void position(int position) {
        in.position(position);
    }

    boolean atEnd() {
        return in.atEnd();
    }

    char peek() {
        return in.peek();
    }

    char next() {
        return in.next();
    }

    boolean take(char c) {
        return in.take(c);
    }

    /** {@code <base-62-number>}: {@code _} is 0, {@code 0_} is 1. Crate hashes use all 64 bits. */
    long base62() {
        if (take('_')) {
            return 0;
        }
        long value = 0;
        while (!take('_')) {
            char c = next();
            int digit = MangledCursor.isDigit(c)
                    ? c - '0'
                    : MangledCursor.isLower(c) ? c - 'a' + 10 : MangledCursor.isUpper(c) ? c - 'A' + 36 : -1;
            if (digit < 0) {
                throw new NotMangledException();
            }
            value = value * 62 + digit;
        }
        return value + 1;
    }

    /** A base-62 number with a tag before it; 0 if the tag is not there. */
    long optionalBase62(char tag) {
        return take(tag) ? base62() + 1 : 0;
    }

    long disambiguator() {
        return optionalBase62('s');
    }

    /** {@code <undisambiguated-identifier> = ["u"] <decimal-number> ["_"] <bytes>}. */
    String identifier() {
        boolean encoded = take('u');
        if (!MangledCursor.isDigit(peek())) {
            throw new NotMangledException();
        }
        int length = take('0') ? 0 : in.number();
        take('_');
        String bytes = length == 0 ? "" : in.take(length);
        if (!encoded) {
            return bytes;
        }
        int delimiter = bytes.lastIndexOf('_');
        String insertions = bytes.substring(delimiter + 1);
        if (insertions.isEmpty()) {
            throw new NotMangledException();
        }
        return Punycode.decode(delimiter < 0 ? "" : bytes.substring(0, delimiter), insertions);
    }

    /** {@code <hex nibbles> "_"}, as they stand. */
    String hexDigits() {
        int start = in.position();
        while (!take('_')) {
            if (RustLegacyDemangler.hexDigit(next()) < 0) {
                throw new NotMangledException();
            }
        }
        String digits = in.since(start);
        return digits.substring(0, digits.length() - 1);
    }
}

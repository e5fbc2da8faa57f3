// SPDX-License-Identifier: MIT
package io.dwunw.symbol.demangle;

import org.jspecify.annotations.Nullable;

/**
 * Rust's mangling before v0: that of a C++ nested name, {@code _ZN <path segments> 17h<16 hex digits> E}, with escapes
 * for what is no C++ identifier. The hash at the end is what tells it from C++; it is not printed.
 */
final class RustLegacyDemangler {
    private static final int HASH_LENGTH = 16;
    /** A real hash has at least this many different digits; C++ names of that form hardly. */
    private static final int MIN_DISTINCT_DIGITS = 5;

    private final String text;
    private final int end;
    private int position = "_ZN".length();

    private RustLegacyDemangler(String text, int end) {
        this.text = text;
        this.end = end;
    }

    /** The readable path, or null if this is no legacy Rust name. */
    static @Nullable String demangle(String mangled) {
        if (!mangled.startsWith("_ZN") || !hasRustCharacters(mangled)) {
            return null;
        }
        int end = endOfPath(mangled);
        RustLegacyDemangler checker = new RustLegacyDemangler(mangled, end);
        String last = "";
        int lastStart = checker.position;
        while (checker.position < end) {
            lastStart = checker.position;
            String segment = checker.segment();
            if (segment == null) {
                return null;
            }
            last = segment;
        }
        return isHash(last) ? new RustLegacyDemangler(mangled, lastStart).print() : null;
    }

    private static boolean hasRustCharacters(String mangled) {
        for (int i = 0; i < mangled.length(); i++) {
            char c = mangled.charAt(i);
            boolean word = MangledCursor.isDigit(c) || MangledCursor.isLower(c) || MangledCursor.isUpper(c);
            if (!word && "_$.:@".indexOf(c) < 0) {
                return false;
            }
        }
        return true;
    }

    /** Index of the closing {@code E}, the last one at the end or before a {@code .suffix}; 0 if there is none. */
    private static int endOfPath(String mangled) {
        boolean beforeDot = true;
        for (int i = mangled.length() - 1; i > 0; i--) {
            char c = mangled.charAt(i);
            if (beforeDot && c == 'E') {
                return i;
            }
            beforeDot = c == '.';
        }
        return 0;
    }

    private @Nullable String segment() {
        int start = position;
        int length = 0;
        while (position < end && MangledCursor.isDigit(text.charAt(position)) && length < end) {
            length = length * 10 + text.charAt(position++) - '0';
        }
        if (position == start || length == 0 || length > end - position) {
            return null;
        }
        position += length;
        return text.substring(position - length, position);
    }

    private static boolean isHash(String segment) {
        if (segment.length() != HASH_LENGTH + 1 || segment.charAt(0) != 'h') {
            return false;
        }
        int seen = 0;
        for (int i = 1; i < segment.length(); i++) {
            int digit = hexDigit(segment.charAt(i));
            if (digit < 0) {
                return false;
            }
            seen |= 1 << digit;
        }
        return Integer.bitCount(seen) >= MIN_DISTINCT_DIGITS;
    }

    static int hexDigit(char c) {
        if (MangledCursor.isDigit(c)) {
            return c - '0';
        }
        return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    }

    private String print() {
        StringBuilder out = new StringBuilder();
        while (position < end) {
            String segment = segment();
            if (segment == null) {
                throw new NotMangledException();
            }
            if (out.length() > 0) {
                out.append("::");
            }
            // An underscore keeps an escape from standing at the start.
            print(segment, segment.startsWith("_$") ? 1 : 0, out);
        }
        return out.toString();
    }

    private static void print(String segment, int from, StringBuilder out) {
        int i = from;
        while (i < segment.length()) {
            char c = segment.charAt(i);
            if (c == '.') {
                boolean two = segment.startsWith("..", i);
                out.append(two ? "::" : ".");
                i += two ? 2 : 1;
            } else if (c == '$') {
                int close = segment.indexOf('$', i + 1);
                char escaped = close < 0 ? MangledCursor.END : escape(segment.substring(i + 1, close));
                if (escaped == MangledCursor.END) {
                    out.append(segment, i, segment.length());
                    return;
                }
                out.append(escaped);
                i = close + 1;
            } else {
                out.append(c);
                i++;
            }
        }
    }

    private static char escape(String code) {
        return switch (code) {
            case "C" -> ',';
            case "SP" -> '@';
            case "BP" -> '*';
            case "RF" -> '&';
            case "LT" -> '<';
            case "GT" -> '>';
            case "LP" -> '(';
            case "RP" -> ')';
            default -> unicodeEscape(code);
        };
    }

    /** {@code u7e}: only printable ASCII is ever written so. */
    private static char unicodeEscape(String code) {
        if (code.length() != 3 || code.charAt(0) != 'u') {
            return MangledCursor.END;
        }
        int high = hexDigit(code.charAt(1));
        int low = hexDigit(code.charAt(2));
        char c = (char) (high << 4 | low);
        return high >= 2 && high <= 7 && low >= 0 && c != 0x7f ? c : MangledCursor.END;
    }
}

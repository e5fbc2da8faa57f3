// SPDX-License-Identifier: MIT
package io.dwunw.symbol.demangle;

/** RFC 3492, as Rust v0 uses it: digits a–z and 0–9, and {@code _} for the delimiter. */
final class Punycode {
    private static final int BASE = 36;
    private static final int T_MIN = 1;
    private static final int T_MAX = 26;
    private static final int SKEW = 38;
    private static final int DAMP = 700;
    private static final int INITIAL_BIAS = 72;
    private static final int INITIAL_N = 0x80;
    /** Characters of one identifier; insertion makes decoding quadratic. */
    private static final int MAX_CHARACTERS = 512;

    private Punycode() {}

    /** The identifier of these ASCII characters and these encoded insertions. */
    static String decode(String ascii, String encoded) {
        StringBuilder out = new StringBuilder(ascii);
        int characters = ascii.length();
        long n = INITIAL_N;
        long i = 0;
        int bias = INITIAL_BIAS;
        int at = 0;
        while (at < encoded.length()) {
            long before = i;
            long weight = 1;
            for (int k = BASE; ; k += BASE) {
                int digit = digit(encoded, at++);
                i += digit * weight;
                int threshold = Math.max(T_MIN, Math.min(T_MAX, k - bias));
                if (digit < threshold) {
                    break;
                }
                weight *= BASE - threshold;
                if (weight > Integer.MAX_VALUE || i > Integer.MAX_VALUE) {
                    throw new NotMangledException();
                }
            }
            characters++;
            bias = adapt(i - before, characters, before == 0);
            n += i / characters;
            i %= characters;
            if (!isScalar(n) || characters > MAX_CHARACTERS) {
                throw new NotMangledException();
            }
            out.insert(out.offsetByCodePoints(0, (int) i), Character.toString((int) n));
            i++;
        }
        return out.toString();
    }

    private static boolean isScalar(long codePoint) {
        boolean surrogate = codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
        return codePoint <= Character.MAX_CODE_POINT && !surrogate;
    }

    private static int digit(String encoded, int at) {
        char c = at < encoded.length() ? encoded.charAt(at) : MangledCursor.END;
        if (MangledCursor.isLower(c)) {
            return c - 'a';
        }
        if (MangledCursor.isDigit(c)) {
            return c - '0' + 26;
        }
        throw new NotMangledException();
    }

    private static int adapt(long delta, int characters, boolean first) {
        long d = first ? delta / DAMP : delta / 2;
        d += d / characters;
        int k = 0;
        while (d > (BASE - T_MIN) * T_MAX / 2) {
            d /= BASE - T_MIN;
            k += BASE;
        }
        return k + (int) ((BASE - T_MIN + 1) * d / (d + SKEW));
    }
}

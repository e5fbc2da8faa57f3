// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

/**
 * Numbers in HotSpot's UNSIGNED5 encoding (HotSpot, {@code utilities/unsigned5.hpp}): one to five bytes; a byte below
 * 192 ends the number, each further byte weighs 64 times the one before. Since JDK 20 the byte 0 is left out, so that
 * every byte counts one less.
 *
 * <p>Never reads past the end: what is missing there counts as zero.
 */
final class Unsigned5 {
    private static final int LOW_CODES = 192;
    private static final int DIGIT_BITS = 6;
    private static final int MAX_BYTES = 5;

    private final byte[] bytes;
    private final int excludedBytes;
    private int at;

    Unsigned5(byte[] bytes, int excludedBytes) {
        this.bytes = bytes;
        this.excludedBytes = excludedBytes;
    }

    boolean hasMore() {
        return at < bytes.length;
    }

    /** Bytes read so far. */
    int position() {
        return at;
    }

    int u1() {
        return at < bytes.length ? bytes[at++] & 0xff : 0;
    }

    int next() {
        int sum = 0;
        for (int i = 0; i < MAX_BYTES; i++) {
            int b = u1();
            sum += (b - excludedBytes) << (DIGIT_BITS * i);
            if (b < LOW_CODES) {
                break;
            }
        }
        return sum;
    }

    /** The sign is in the lowest bit. */
    int nextSigned() {
        int encoded = next();
        return encoded >>> 1 ^ -(encoded & 1);
    }
}

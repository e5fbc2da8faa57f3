// SPDX-License-Identifier: MIT
package io.dwunw.compress;

import io.dwunw.bytes.Bytes;
import io.dwunw.bytes.MalformedDataException;
import java.util.Arrays;

/** LZMA's adaptive binary range decoder over one chunk. Probabilities are 11-bit numbers, of the next bit being 0. */
final class RangeDecoder {
    private static final int PROBABILITY_BITS = 11;
    private static final int ADAPTATION_SHIFT = 5;
    private static final int TOP = 1 << 24;
    private static final short EVEN = 1 << (PROBABILITY_BITS - 1);
    private static final int INITIAL_BYTES = 5;

    private final Bytes in;
    private long position;
    private long end;
    private int range;
    private int code;

    RangeDecoder(Bytes in) {
        this.in = in;
    }

    static void reset(short[] probabilities) {
        Arrays.fill(probabilities, EVEN);
    }

    /** Starts a chunk: a zero byte and the first 32 bits of code. */
    void start(long from, int length) {
        if (length < INITIAL_BYTES || !in.contains(from, length) || in.u8(from) != 0) {
            throw new MalformedDataException("LZMA chunk has no proper start", from);
        }
        position = from + INITIAL_BYTES;
        end = from + length;
        range = -1;
        code = (in.u8(from + 1) << 24) | (in.u8(from + 2) << 16) | (in.u8(from + 3) << 8) | in.u8(from + 4);
    }

    /** Whether the chunk was used up exactly, as an encoder leaves it. */
    boolean isFinished() {
        normalise();
        return position == end && code == 0;
    }

    private void normalise() {
        if (Integer.compareUnsigned(range, TOP) < 0) {
            if (position == end) {
                throw new MalformedDataException("LZMA chunk is too short", position);
            }
            code = (code << 8) | in.u8(position++);
            range <<= 8;
        }
    }

    int bit(short[] probabilities, int index) {
        normalise();
        int probability = probabilities[index];
        int bound = (range >>> PROBABILITY_BITS) * probability;
        if (Integer.compareUnsigned(code, bound) < 0) {
            range = bound;
            probabilities[index] =
                    (short) (probability + (((1 << PROBABILITY_BITS) - probability) >> ADAPTATION_SHIFT));
            return 0;
        }
        range -= bound;
        code -= bound;
        probabilities[index] = (short) (probability - (probability >> ADAPTATION_SHIFT));
        return 1;
    }

    /** A number of that many bits, highest first; its probabilities begin at {@code base}. */
    int tree(short[] probabilities, int base, int bits) {
        int symbol = 1;
        for (int i = 0; i < bits; i++) {
            symbol = (symbol << 1) | bit(probabilities, base + symbol);
        }
        return symbol - (1 << bits);
    }

    /** Decodes bits by a tree of probabilities, lowest bit first. */
    int reverseTree(short[] probabilities, int base, int bits) {
        int symbol = 1;
        int result = 0;
        for (int i = 0; i < bits; i++) {
            int bit = bit(probabilities, base + symbol);
            symbol = (symbol << 1) | bit;
            result |= bit << i;
        }
        return result;
    }

    /** Bits of equal probability, highest first. */
    int direct(int bits) {
        int result = 0;
        for (int i = 0; i < bits; i++) {
            normalise();
            range >>>= 1;
            int bit = Integer.compareUnsigned(code, range) >= 0 ? 1 : 0;
            code -= bit == 1 ? range : 0;
            result = (result << 1) | bit;
        }
        return result;
    }
}

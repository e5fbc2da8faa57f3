// SPDX-License-Identifier: MIT
package io.dwunw.compress;

import io.dwunw.bytes.Bytes;
import io.dwunw.bytes.MalformedDataException;

/** LZMA's model: which literal, match or repeated match comes next, and its probabilities. */
final class Lzma {
    private static final int STATES = 12;
    private static final int POSITION_STATES = 16;
    private static final int LITERAL_CODER = 0x300;
    private static final int FIRST_STATE_AFTER_MATCH = 7;
    private static final int MIN_MATCH = 2;
    private static final int DISTANCE_STATES = 4;
    private static final int SLOT_BITS = 6;
    private static final int FIRST_SLOT_WITH_BITS = 4;
    private static final int FIRST_SLOT_WITH_DIRECT_BITS = 14;
    private static final int ALIGN_BITS = 4;
    private static final int MAX_PROPERTIES = (4 * 5 + 4) * 9 + 8;
    /** LZMA2's rule: lc + lp. */
    private static final int MAX_LITERAL_BITS = 4;

    private final RangeDecoder range;
    private final DecodedBytes out;
    private final short[] isMatch = new short[STATES * POSITION_STATES];
    private final short[] isRepeat = new short[STATES];
    private final short[] isRepeat0 = new short[STATES];
    private final short[] isRepeat1 = new short[STATES];
    private final short[] isRepeat2 = new short[STATES];
    private final short[] isRepeat0Long = new short[STATES * POSITION_STATES];
    private final short[] slots = new short[DISTANCE_STATES << SLOT_BITS];
    private final short[] distanceBits = new short[128];
    private final short[] align = new short[1 << ALIGN_BITS];
    private final LzmaLength matchLength = new LzmaLength();
    private final LzmaLength repeatLength = new LzmaLength();
    private final short[] literals = new short[LITERAL_CODER << MAX_LITERAL_BITS];

    private int literalContextBits;
    private int literalPositionMask;
    private int positionMask;
    private int state;
    private int distance0;
    private int distance1;
    private int distance2;
    private int distance3;
    private int dictionaryStart;

    Lzma(Bytes in, DecodedBytes out) {
        this.range = new RangeDecoder(in);
        this.out = out;
    }

    void resetDictionary() {
        dictionaryStart = out.size();
    }

    /** {@code (pb * 5 + lp) * 9 + lc}. */
    void properties(int packed, long position) {
        int literalContext = packed % 9;
        int literalPosition = packed / 9 % 5;
        if (packed > MAX_PROPERTIES || literalContext + literalPosition > MAX_LITERAL_BITS) {
            throw new MalformedDataException("LZMA properties are out of range", position);
        }
        literalContextBits = literalContext;
        literalPositionMask = (1 << literalPosition) - 1;
        positionMask = (1 << (packed / 45)) - 1;
    }

    void resetState() {
        state = 0;
        distance0 = 0;
        distance1 = 0;
        distance2 = 0;
        distance3 = 0;
        RangeDecoder.reset(isMatch);
        RangeDecoder.reset(isRepeat);
        RangeDecoder.reset(isRepeat0);
        RangeDecoder.reset(isRepeat1);
        RangeDecoder.reset(isRepeat2);
        RangeDecoder.reset(isRepeat0Long);
        RangeDecoder.reset(slots);
        RangeDecoder.reset(distanceBits);
        RangeDecoder.reset(align);
        RangeDecoder.reset(literals);
        matchLength.reset();
        repeatLength.reset();
    }

    /** One chunk; the caller has reserved room for {@code decoded} bytes. */
    void decode(long position, int compressed, int decoded) {
        range.start(position, compressed);
        int limit = out.size() + decoded;
        while (out.size() < limit) {
            int positionState = (out.size() - dictionaryStart) & positionMask;
            int context = state * POSITION_STATES + positionState;
            if (range.bit(isMatch, context) == 0) {
                literal();
                continue;
            }
            int length = range.bit(isRepeat, state) == 0 ? match(positionState) : repeat(context, positionState);
            if (length > limit - out.size() || outsideDictionary(distance0)) {
                throw new MalformedDataException("LZMA match lies outside its data", position);
            }
            out.repeat(distance0, length);
        }
        if (!range.isFinished()) {
            throw new MalformedDataException("LZMA chunk has bytes left over", position);
        }
    }

    private boolean outsideDictionary(int distance) {
        return Integer.compareUnsigned(distance, out.size() - dictionaryStart) >= 0;
    }

    private void literal() {
        int position = out.size() - dictionaryStart;
        int previous = position == 0 ? 0 : out.ago(0);
        int context = ((position & literalPositionMask) << literalContextBits) + (previous >> (8 - literalContextBits));
        int base = LITERAL_CODER * context;
        int symbol = 1;
        if (state >= FIRST_STATE_AFTER_MATCH) {
            if (outsideDictionary(distance0)) {
                throw new MalformedDataException("LZMA literal refers outside its data", position);
            }
            symbol = literalAfterMatch(base, out.ago(distance0));
        }
        while (symbol < 0x100) {
            symbol = symbol << 1 | range.bit(literals, base + symbol);
        }
        out.append((byte) symbol);
        state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
    }

    /** After a match the byte most likely differs from the one that would have continued it. */
    private int literalAfterMatch(int base, int expectedByte) {
        int symbol = 1;
        int expected = expectedByte;
        while (symbol < 0x100) {
            int expectedBit = expected >> 7 & 1;
            expected <<= 1;
            int bit = range.bit(literals, base + ((1 + expectedBit) << 8) + symbol);
            symbol = symbol << 1 | bit;
            if (bit != expectedBit) {
                break;
            }
        }
        return symbol;
    }

    private int match(int positionState) {
        distance3 = distance2;
        distance2 = distance1;
        distance1 = distance0;
        state = state < FIRST_STATE_AFTER_MATCH ? 7 : 10;
        int length = matchLength.decode(range, positionState);
        distance0 = distance(Math.min(length, DISTANCE_STATES - 1));
        return length + MIN_MATCH;
    }

    private int distance(int lengthState) {
        int slot = range.tree(slots, lengthState << SLOT_BITS, SLOT_BITS);
        if (slot < FIRST_SLOT_WITH_BITS) {
            return slot;
        }
        int bits = (slot >> 1) - 1;
        int base = (2 | (slot & 1)) << bits;
        if (slot < FIRST_SLOT_WITH_DIRECT_BITS) {
            return base + range.reverseTree(distanceBits, base - slot, bits);
        }
        int high = range.direct(bits - ALIGN_BITS) << ALIGN_BITS;
        return base + high + range.reverseTree(align, 0, ALIGN_BITS);
    }

    private int repeat(int context, int positionState) {
        if (range.bit(isRepeat0, state) == 0) {
            if (range.bit(isRepeat0Long, context) == 0) {
                state = state < FIRST_STATE_AFTER_MATCH ? 9 : 11;
                return 1;
            }
        } else {
            int chosen = chosenDistance();
            distance1 = distance0;
            distance0 = chosen;
        }
        state = state < FIRST_STATE_AFTER_MATCH ? 8 : 11;
        return repeatLength.decode(range, positionState) + MIN_MATCH;
    }

    private int chosenDistance() {
        if (range.bit(isRepeat1, state) == 0) {
            return distance1;
        }
        int chosen = distance2;
        if (range.bit(isRepeat2, state) == 1) {
            chosen = distance3;
            distance3 = distance2;
        }
        distance2 = distance1;
        return chosen;
    }
}

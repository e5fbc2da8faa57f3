// SPDX-License-Identifier: MIT
package io.dwunw.compress;

/** Lengths of matches: 8 short ones, 8 middle ones, 256 long ones. */
final class LzmaLength {
    private static final int POSITION_STATES = 16;
    private static final int SHORT_BITS = 3;
    private static final int LONG_BITS = 8;

    private final short[] choice = new short[2];
    private final short[] low = new short[POSITION_STATES << SHORT_BITS];
    private final short[] middle = new short[POSITION_STATES << SHORT_BITS];
    private final short[] high = new short[1 << LONG_BITS];

    void reset() {
        RangeDecoder.reset(choice);
        RangeDecoder.reset(low);
        RangeDecoder.reset(middle);
        RangeDecoder.reset(high);
    }

    /** Length less the shortest possible one. */
    int decode(RangeDecoder range, int positionState) {
        if (range.bit(choice, 0) == 0) {
            return range.tree(low, positionState << SHORT_BITS, SHORT_BITS);
        }
        if (range.bit(choice, 1) == 0) {
            return (1 << SHORT_BITS) + range.tree(middle, positionState << SHORT_BITS, SHORT_BITS);
        }
        return (2 << SHORT_BITS) + range.tree(high, 0, LONG_BITS);
    }
}

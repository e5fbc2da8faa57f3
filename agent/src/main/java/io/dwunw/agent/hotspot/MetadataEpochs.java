// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

/**
 * The epochs of time in which no metadata was freed, numbered from 1. Between two epochs there is a gap: something went
 * away after the end of the one, and that was noticed at the start of the other.
 *
 * <p>Hot; allocates nothing.
 */
final class MetadataEpochs {
    /** None of those that are remembered. */
    static final int NONE = 0;

    private static final int REMEMBERED = 1 << 6;

    private final long[] starts = new long[REMEMBERED];
    private final long[] ends = new long[REMEMBERED];
    private int current = 1;

    MetadataEpochs() {
        starts[current] = Long.MIN_VALUE;
    }

    /** The number of the epoch that lasts. */
    int current() {
        return current;
    }

    /** Up to that moment it has lasted. */
    void lasts(long nanos) {
        ends[current % REMEMBERED] = nanos;
    }

    /** Another begins. */
    void next(long nanos) {
        current++;
        starts[current % REMEMBERED] = nanos;
        ends[current % REMEMBERED] = nanos;
    }

    /** The epoch that a moment lies in, or {@link #NONE}. What lies behind the end of the last is taken to be in it. */
    int at(long nanos) {
        if (nanos >= starts[current % REMEMBERED]) {
            return current;
        }
        for (int epoch = current - 1; epoch > Math.max(0, current - REMEMBERED); epoch--) {
            if (nanos >= starts[epoch % REMEMBERED]) {
                return nanos <= ends[epoch % REMEMBERED] ? epoch : NONE;
            }
        }
        return NONE;
    }
}

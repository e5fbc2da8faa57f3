// SPDX-License-Identifier: MIT
package io.dwunw.agent.stack;

import io.dwunw.jfr.FrameName;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Names by frame. Bounded in the way of {@link StackTraces}: two tables take turns, and what is not asked for between
 * two turns is forgotten.
 *
 * <p>Hot: finding a known name allocates nothing, because the keys are not boxed.
 */
final class FrameNameCache {
    private static final int FIRST_SLOTS = 1 << 10;
    /** Multiplicative hashing (Knuth, TAOCP 6.4): 2^64 divided by the golden ratio. */
    private static final long GOLDEN = 0x9e37_79b9_7f4a_7c15L;

    private final int limit;
    private Table young = new Table(FIRST_SLOTS);
    private Table old = new Table(FIRST_SLOTS);

    /** @param capacity names remembered at least; at most twice as many */
    FrameNameCache(int capacity) {
        if (capacity < 1 || capacity > 1 << 24) {
            throw new IllegalArgumentException("capacity " + capacity);
        }
        limit = capacity;
    }

    /** The name of a frame; null if it is not known, or was forgotten. */
    @Nullable
    FrameName find(long frame) {
        FrameName known = young.find(frame);
        if (known != null) {
            return known;
        }
        known = old.find(frame);
        if (known != null) {
            put(frame, known);
        }
        return known;
    }

    /** Remembers the name of a frame that has none yet. */
    void put(long frame, FrameName name) {
        if (young.used == limit) {
            Table swap = old;
            old = young;
            young = swap;
            young.clear();
        }
        young.put(frame, name);
    }

    /** Open addressing, at most half full. */
    private static final class Table {
        private long[] frames;
        private @Nullable FrameName[] names;
        private int shift;
        private int used;

        private Table(int slots) {
            frames = new long[slots];
            names = new FrameName[slots];
            shift = Long.SIZE - Integer.numberOfTrailingZeros(slots);
        }

        private @Nullable FrameName find(long frame) {
            int mask = frames.length - 1;
            for (int slot = (int) ((frame * GOLDEN) >>> shift); ; slot = (slot + 1) & mask) {
                FrameName name = names[slot];
                if (name == null || frames[slot] == frame) {
                    return name;
                }
            }
        }

        private void put(long frame, FrameName name) {
            if (2 * (used + 1) > frames.length) {
                grow();
            }
            insert(frame, name);
            used++;
        }

        private void insert(long frame, FrameName name) {
            int mask = frames.length - 1;
            int slot = (int) ((frame * GOLDEN) >>> shift);
            while (names[slot] != null) {
                slot = (slot + 1) & mask;
            }
            frames[slot] = frame;
            names[slot] = name;
        }

        private void grow() {
            long[] oldFrames = frames;
            @Nullable FrameName[] oldNames = names;
            frames = new long[2 * oldFrames.length];
            names = new FrameName[frames.length];
            shift--;
            for (int i = 0; i < oldFrames.length; i++) {
                FrameName name = oldNames[i];
                if (name != null) {
                    insert(oldFrames[i], name);
                }
            }
        }

        private void clear() {
            Arrays.fill(names, null);
            used = 0;
        }
    }
}

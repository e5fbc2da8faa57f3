// SPDX-License-Identifier: MIT
package io.dwunw.agent.stack;

import java.util.Arrays;

/**
 * Native frames by pc, which saves the search for the module; good only as long as nothing is mapped or unmapped. Each
 * pc has one slot, and the last that came has it. Hot: allocates nothing.
 */
final class NativeFrameCache {
    /** No frame of {@link PackedFrame#nativeFrame}'s making is 0. */
    static final long NONE = 0;

    private static final int SLOT_BITS = 12;
    /** Multiplicative hashing (Knuth, TAOCP 6.4): 2^64 divided by the golden ratio. */
    private static final long GOLDEN = 0x9e37_79b9_7f4a_7c15L;

    private final long[] keys = new long[1 << SLOT_BITS];
    private final long[] frames = new long[1 << SLOT_BITS];
    private int version;

    /**
     * The frame that was put for this pc, or {@link #NONE}.
     *
     * @param mapVersion of the module map; with another one than before all is forgotten
     */
    long find(long pc, boolean returnAddress, int mapVersion) {
        if (mapVersion != version) {
            Arrays.fill(keys, 0);
            version = mapVersion;
        }
        long key = key(pc, returnAddress);
        int slot = slot(key);
        return keys[slot] == key ? frames[slot] : NONE;
    }

    /** Remembers the frame that {@link #find} did not find. */
    void put(long pc, boolean returnAddress, long frame) {
        long key = key(pc, returnAddress);
        int slot = slot(key);
        keys[slot] = key;
        frames[slot] = frame;
    }

    private static long key(long pc, boolean returnAddress) {
        return (pc << 1) | (returnAddress ? 1 : 0);
    }

    private static int slot(long key) {
        return (int) ((key * GOLDEN) >>> (Long.SIZE - SLOT_BITS));
    }
}

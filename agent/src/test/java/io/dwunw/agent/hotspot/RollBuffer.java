// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Rolls of one code heap, as {@code code_rolls.c} writes them. */
final class RollBuffer {
    private static final int ROLLS = 16;
    private static final int BUFFER_BYTES = (1 << 17) * 12;

    private final ByteBuffer memory =
            ByteBuffer.allocateDirect(4096 + (ROLLS + 1) * BUFFER_BYTES).order(ByteOrder.nativeOrder());
    private int made;

    ByteBuffer memory() {
        return memory;
    }

    /** A roll of blocks of four segments for what ran between two moments: where each begins, and its compile id. */
    void call(long since, long until, int... blocks) {
        int number = made++ % ROLLS;
        int roll = 32 + number * 96;
        memory.putLong(roll, since)
                .putLong(roll + 8, until)
                .putInt(roll + 16, number)
                .putInt(roll + 20, 1);
        memory.putInt(roll + 24, 0).putInt(roll + 28, blocks.length / 2);
        int at = 4096 + number * BUFFER_BYTES;
        for (int i = 0; i < blocks.length; i += 2, at += 12) {
            memory.putInt(at, blocks[i]).putInt(at + 4, 4).putInt(at + 8, blocks[i + 1]);
        }
        memory.putLong(16, made).putLong(24, until).putLong(0, memory.getLong(0) + 2);
    }

    /** The last roll could not be called to the end. */
    void spoil() {
        memory.putInt(32 + (made - 1) % ROLLS * 96 + 20, 0);
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.sample;

import io.dwunw.memory.StackMemory;
import java.nio.ByteBuffer;

/** Hot: the stack bytes inside a record. Moves along with its {@link Sample}. */
final class SampledStack implements StackMemory {
    private ByteBuffer buffer;
    private long lowAvma;
    private long highAvma;
    /** Index in the buffer of the byte that came from {@link #lowAvma}. */
    private int offset;

    SampledStack(ByteBuffer empty) {
        buffer = empty;
    }

    void wrap(ByteBuffer records, int stackOffset, long base, int length) {
        buffer = records;
        offset = stackOffset;
        lowAvma = base;
        highAvma = base + length;
    }

    @Override
    public long lowAvma() {
        return lowAvma;
    }

    @Override
    public long highAvma() {
        return highAvma;
    }

    @Override
    public boolean contains(long avma, int bytes) {
        return avma >= lowAvma && highAvma - avma >= bytes && avma < highAvma;
    }

    @Override
    public long word(long avma) {
        return buffer.getLong(offset + (int) (avma - lowAvma));
    }
}

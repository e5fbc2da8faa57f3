// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The process's own memory, read straight. Hot: allocates nothing. */
final class StableBuffer implements StableMemory {
    private final ByteBuffer buffer;

    StableBuffer(ByteBuffer memory) {
        buffer = memory.order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public int bytes() {
        return buffer.capacity();
    }

    @Override
    public int u1(int offset) {
        return buffer.get(offset) & 0xff;
    }

    @Override
    public int s2(int offset) {
        return buffer.getShort(offset);
    }

    @Override
    public int s4(int offset) {
        return buffer.getInt(offset);
    }

    @Override
    public long word(int offset) {
        return buffer.getLong(offset);
    }
}

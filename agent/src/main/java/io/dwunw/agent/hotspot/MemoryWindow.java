// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

import java.nio.ByteBuffer;

/** Opens memory that stays mapped for as long as the process lives; a replay opens what was recorded. */
@FunctionalInterface
public interface MemoryWindow {
    /**
     * A buffer over {@code [address, address + length)}.
     *
     * @param length in bytes, at most {@link Integer#MAX_VALUE}
     */
    ByteBuffer open(long address, long length);

    /** A window for reading while a stack is walked; a recording notes what is read. */
    default StableMemory stable(long address, long length) {
        return new StableBuffer(open(address, length));
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.linux;

import io.dwunw.memory.MemoryReader;

/** This process's own memory, read without being able to fault. Thread-safe. */
public final class SelfMemory implements MemoryReader {
    @Override
    public int read(long avma, byte[] destination, int offset, int length) {
        return Linux.readMemory(avma, destination, offset, length);
    }
}

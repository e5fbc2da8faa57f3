// SPDX-License-Identifier: MIT
package io.dwunw.memory;

/** Reads a process's memory with {@code pread} semantics. Cold: headers, notes, vdso images; not for stack words. */
@FunctionalInterface
public interface MemoryReader {
    /**
     * Copies up to {@code length} bytes from {@code avma} on. Never throws, never faults.
     *
     * @return bytes copied: fewer than asked when a hole follows, 0 when nothing is readable there
     */
    int read(long avma, byte[] destination, int offset, int length);
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

/**
 * Hot: a stretch of memory that stays mapped for as long as the process lives, read by offset. Little endian. An offset
 * must lie in {@code [0, bytes)}, whatever is read there.
 */
public interface StableMemory {
    /** How long it is. */
    int bytes();

    int u1(int offset);

    int s2(int offset);

    int s4(int offset);

    long word(int offset);
}

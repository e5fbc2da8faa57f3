// SPDX-License-Identifier: MIT
package io.dwunw.agent.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The agent's own memory outside of the Java heap, straight from the kernel: direct buffers of Java's would count
 * against the application's {@code -XX:MaxDirectMemorySize}, and memory from {@code malloc} might be sampled.
 * Thread-safe. {@link NativeLibrary#load()} must have succeeded before the first call.
 */
public final class NativeMemory {
    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_PRIVATE_ANONYMOUS = 0x22;
    private static final int PAGE = 4096;
    private static final int ALIGNMENT = 16;

    /** Of what is handed out for good: where the rest of the last page is. */
    private static long next;

    private static long end;

    private NativeMemory() {}

    /**
     * Some bytes for as long as the process lives, zero, at a multiple of 16.
     *
     * @param bytes at most 4096
     * @throws IllegalStateException if the kernel has no memory
     */
    public static synchronized ByteBuffer permanent(int bytes) {
        if (bytes <= 0 || bytes > PAGE) {
            throw new IllegalArgumentException(bytes + " bytes");
        }
        if (end - next < bytes) {
            next = map(PAGE);
            end = next + PAGE;
        }
        long address = next;
        next += (bytes + ALIGNMENT - 1) & -ALIGNMENT;
        return Linux.memory(address, bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Maps memory, which is zero, and belongs to the caller until {@link #unmap}.
     *
     * @return its address, that of a page
     * @throws IllegalStateException if the kernel has none
     */
    public static long map(long bytes) {
        long address = Linux.syscall(SystemCall.MMAP, 0, bytes, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
        if (address < 0 && address > -PAGE) {
            throw new IllegalStateException("mmap of " + bytes + " bytes: " + Errno.name((int) -address));
        }
        return address;
    }

    /** Gives back all of what {@link #map} gave. */
    public static void unmap(long address, long bytes) {
        Linux.syscall(SystemCall.MUNMAP, address, bytes, 0, 0, 0, 0);
    }
}

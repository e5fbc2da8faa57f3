// SPDX-License-Identifier: MIT
package io.dwunw.agent.linux;

import java.lang.reflect.Executable;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The native methods. {@link NativeLibrary#load()} must have succeeded before the first call, otherwise every method
 * throws {@link UnsatisfiedLinkError}. Thread-safe, stateless, and free of allocation by {@code malloc}.
 */
public final class Linux {
    private Linux() {}

    /**
     * One raw system call.
     *
     * @return the call's result, or {@code -errno}
     */
    public static long syscall(long number, long a1, long a2, long a3, long a4, long a5, long a6) {
        return syscall0(number, a1, a2, a3, a4, a5, a6);
    }

    /**
     * Where a direct buffer's bytes are, at index 0 whatever its position. Valid as long as the buffer is reachable.
     *
     * @throws IllegalArgumentException if the buffer is not direct
     */
    public static long address(ByteBuffer direct) {
        if (!direct.isDirect()) {
            throw new IllegalArgumentException("not a direct buffer");
        }
        return address0(direct);
    }

    /**
     * A buffer over raw memory, in the machine's byte order. Only for memory that stays mapped as long as the buffer is
     * used: reading it through the buffer after it has been unmapped kills the JVM.
     *
     * @param length in bytes, at most {@link Integer#MAX_VALUE}
     */
    public static ByteBuffer memory(long address, long length) {
        if (address == 0 || length < 0 || length > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("no memory at " + address + " of " + length + " bytes");
        }
        return memory0(address, length).order(ByteOrder.nativeOrder());
    }

    /**
     * Reads this process's memory; never faults.
     *
     * @param direct destination; its position is neither used nor changed
     * @return bytes copied: fewer than {@code length} if there is a hole on the way, 0 if nothing is readable
     */
    public static long readMemory(long avma, ByteBuffer direct, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, direct.capacity());
        if (!direct.isDirect() || direct.isReadOnly()) {
            throw new IllegalArgumentException("not a writable direct buffer");
        }
        return readToBuffer0(avma, direct, offset, length);
    }

    /** As {@link #readMemory(long, ByteBuffer, int, int)}, into an array. */
    public static int readMemory(long avma, byte[] destination, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, destination.length);
        return readToArray0(avma, destination, offset, length);
    }

    /** The calling thread's id, as the kernel numbers it in this process's PID namespace. */
    public static int threadId() {
        return (int) syscall0(SystemCall.GETTID, 0, 0, 0, 0, 0, 0);
    }

    /** How many libraries were loaded and unloaded so far: as long as it stays the same, none came or went. */
    public static long libraryChanges() {
        return libraryChanges0();
    }

    /**
     * Longs at the start of what {@link #libraries} fills in: how many libraries were loaded, and unloaded, so far, and
     * the lowest address of the one that is asked, which is never unloaded.
     */
    public static final int LIBRARIES_HEADER = 3;

    /**
     * Lists the libraries that are loaded, in the order in which they came: the lowest address of each, behind the
     * header.
     *
     * @param into those without room are left out
     * @return how many longs were filled in; those of the header are 0 if the loader does not tell
     */
    public static int libraries(long[] into) {
        if (into.length < LIBRARIES_HEADER) {
            throw new IllegalArgumentException("no room for the header");
        }
        return libraries0(into);
    }

    private static native int libraries0(long[] into);

    /** Calls {@code malloc} and {@code free} so many times: to find out what they cost while they are probed. */
    public static void callAllocator(int pairs) {
        allocatorCalls0(pairs);
    }

    /**
     * Has a roll of the JVM's code called whenever a collection begins, for good; {@code code_rolls.c} says how they
     * are laid out, and what the plan is.
     *
     * @return the rolls, always the same; null if this JVM does not say when collections begin
     */
    public static @Nullable ByteBuffer codeRolls(long[] plan) {
        return codeRolls0(plan);
    }

    private static native @Nullable ByteBuffer codeRolls0(long[] plan);

    private static native void allocatorCalls0(int pairs);

    private static native long libraryChanges0();

    /**
     * JNI's id of a method, as {@code FromReflectedMethod} gives it. What it means is the JVM's own affair: code
     * that takes it for an address has to read there fault-safely, and to check what is there.
     */
    public static long methodId(Executable method) {
        return methodId0(method);
    }

    private static native long methodId0(Executable method);

    private static native long syscall0(long number, long a1, long a2, long a3, long a4, long a5, long a6);

    private static native long address0(ByteBuffer direct);

    private static native ByteBuffer memory0(long address, long length);

    private static native long readToBuffer0(long avma, ByteBuffer direct, long offset, long length);

    private static native int readToArray0(long avma, byte[] destination, int offset, int length);
}

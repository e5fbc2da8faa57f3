// SPDX-License-Identifier: MIT
package io.dwunw.it.program;

/** Allocates with {@code sun.misc.Unsafe}, frees one half and forgets the other. */
public final class UnsafeLeak {
    /** Bytes of a block that is forgotten. */
    public static final long LEAKED_SIZE = 400_009;
    /** Bytes of a block that is freed. */
    public static final long FREED_SIZE = 500_009;

    private UnsafeLeak() {}

    /** Arguments: number of blocks of each kind, milliseconds to live on. */
    public static void main(String[] args) throws Throwable {
        int blocks = Integer.parseInt(args[0]);
        long sum = 0;
        for (int i = 0; i < blocks; i++) {
            sum += forget();
            free();
            Thread.sleep(2);
        }
        Thread.sleep(Long.parseLong(args[1]));
        System.out.println("allocated=" + (sum != 0));
    }

    private static long forget() throws Throwable {
        return (long) UnsafeMemory.ALLOCATE.invokeExact(LEAKED_SIZE);
    }

    private static void free() throws Throwable {
        long address = (long) UnsafeMemory.ALLOCATE.invokeExact(FREED_SIZE);
        UnsafeMemory.FREE.invokeExact(address);
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.it.program;

/** Allocates small blocks and keeps them, no faster than they can be taken in. */
public final class ManyBlocks {
    private static final long BYTES = 64;
    private static final int AT_ONCE = 1_000;

    private ManyBlocks() {}

    /** Argument: how many blocks. */
    public static void main(String[] args) throws Throwable {
        int count = Integer.parseInt(args[0]);
        for (int i = 0; i < count; i++) {
            long address = (long) UnsafeMemory.ALLOCATE.invokeExact(BYTES);
            if (address == 0) {
                throw new IllegalStateException("no memory");
            }
            if (i % AT_ONCE == 0) {
                Thread.sleep(1);
            }
        }
        System.out.println("ended=true");
    }
}

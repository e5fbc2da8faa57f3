// SPDX-License-Identifier: MIT
package io.dwunw.it.program;

/**
 * Allocates a fixed mix of sizes, from 16 bytes to 16 MiB, in {@link #THREADS} native threads, and frees each block at
 * once.
 */
public final class SizeMix {
    public static final int THREADS = 4;
    /** Different sizes. */
    public static final int CLASSES = 11;

    /** Of each thread. */
    private static final int ROUNDS = 131_072;
    /** Every how many rounds a block of the class is asked for; {@code period} in {@code mix.c}. */
    private static final int[] PERIOD = {1, 1, 1, 4, 16, 64, 256, 1024, 4096, 16384, 65536};

    private SizeMix() {}

    /** Bytes of every block of a class. */
    public static long size(int index) {
        return 16L << (2 * index);
    }

    /** Blocks of a class. */
    public static long blocks(int index) {
        return (long) THREADS * ROUNDS / PERIOD[index];
    }

    public static void main(String[] args) throws InterruptedException {
        NativeBlocks.awaitTracing();
        if (NativeBlocks.mix(THREADS, ROUNDS) != 0) {
            throw new IllegalStateException("no threads");
        }
        System.out.println("done=true");
    }
}

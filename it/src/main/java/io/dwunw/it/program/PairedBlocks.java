// SPDX-License-Identifier: MIT
package io.dwunw.it.program;

/** Blocks that a library hands out by a function of its own, {@code dwunwit_allocate}; some are given back. */
public final class PairedBlocks {
    public static final long SIZE = 70_001;
    public static final int COUNT = 10;
    public static final int KEPT = 3;

    private static final long PROBES_TIMEOUT_NANOS = 30_000_000_000L;

    private PairedBlocks() {}

    public static void main(String[] args) throws InterruptedException {
        NativeBlocks.awaitTracing();
        long start = System.nanoTime();
        while (!NativeBlocks.probed()) {
            if (System.nanoTime() - start > PROBES_TIMEOUT_NANOS) {
                throw new IllegalStateException("dwunwit_allocate is not probed");
            }
            Thread.sleep(1);
        }
        for (int i = 0; i < COUNT; i++) {
            long block = NativeBlocks.allocate(AllocatorFunction.MALLOC, SIZE);
            if (i >= KEPT) {
                NativeBlocks.release(AllocatorFunction.MALLOC, block, SIZE);
            }
        }
        Thread.sleep(Long.parseLong(args[0]));
    }
}

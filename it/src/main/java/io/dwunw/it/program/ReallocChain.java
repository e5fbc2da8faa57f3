// SPDX-License-Identifier: MIT
package io.dwunw.it.program;

/** Blocks that grow by realloc: one chain is freed, one is kept, one begins with {@code realloc(NULL, n)}. */
public final class ReallocChain {
    /** Bytes, in the order of the chain. */
    public static final long FIRST = 80_001;

    public static final long SECOND = 160_003;
    public static final long THIRD = 320_007;
    /** Bytes of what {@code realloc(NULL, n)} gives and no code frees. */
    public static final long FROM_NULL = 90_001;

    private ReallocChain() {}

    public static void main(String[] args) throws InterruptedException {
        NativeBlocks.awaitTracing();
        freed();
        kept();
        fromNull();
        Thread.sleep(Long.parseLong(args[0]));
    }

    private static void freed() {
        NativeBlocks.release(AllocatorFunction.MALLOC, chain(), THIRD);
    }

    private static void kept() {
        System.out.println("kept=" + chain());
    }

    private static void fromNull() {
        System.out.println("fromNull=" + NativeBlocks.reallocate(0, FROM_NULL));
    }

    private static long chain() {
        long block = NativeBlocks.allocate(AllocatorFunction.MALLOC, FIRST);
        block = NativeBlocks.reallocate(block, SECOND);
        return NativeBlocks.reallocate(block, THIRD);
    }
}

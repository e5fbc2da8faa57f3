// SPDX-License-Identifier: MIT
package io.dwunw.it.bench;

import io.dwunw.it.program.UnsafeMemory;

/** {@code Unsafe.allocateMemory(64)} and {@code freeMemory} as fast as it goes. An operation is such a pair. */
public final class UnsafePairs {
    private static final long SIZE = 64;
    private static final int PAIRS = 1_000;

    private UnsafePairs() {}

    /** Arguments: see {@link Phases#parse}. */
    public static void main(String[] args) throws Exception {
        MeasuredLoop.run(Phases.parse(args), PAIRS, () -> UnsafePairs::batch);
    }

    private static long batch() throws Throwable {
        for (int i = 0; i < PAIRS; i++) {
            long address = (long) UnsafeMemory.ALLOCATE.invokeExact(SIZE);
            UnsafeMemory.FREE.invokeExact(address);
        }
        return PAIRS * SIZE;
    }
}

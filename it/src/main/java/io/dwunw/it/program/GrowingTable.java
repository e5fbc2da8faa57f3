// SPDX-License-Identifier: MIT
package io.dwunw.it.program;

/** A native table that only ever grows, by {@code realloc}, until the program ends. */
public final class GrowingTable {
    public static final int GROWTHS = 30;

    /** How long it grows at least. */
    public static final int MILLIS = 1_500;

    private static final int STEP_BYTES = 100_001;

    private static long table;

    private GrowingTable() {}

    public static void main(String[] args) throws InterruptedException {
        NativeBlocks.awaitTracing();
        for (int i = 1; i <= GROWTHS; i++) {
            grow((long) i * STEP_BYTES);
            if (i < GROWTHS) {
                Thread.sleep(MILLIS / (GROWTHS - 1) + 1);
            }
        }
        System.out.println("bytes=" + (long) GROWTHS * STEP_BYTES);
    }

    private static void grow(long bytes) {
        table = NativeBlocks.reallocate(table, bytes);
    }
}

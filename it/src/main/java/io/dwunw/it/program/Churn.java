// SPDX-License-Identifier: MIT
package io.dwunw.it.program;

import java.util.zip.Inflater;

/** Allocates and frees native memory as fast as it can, for so many seconds. */
public final class Churn {
    private static final long NANOS_PER_SECOND = 1_000_000_000;

    private Churn() {}

    public static void main(String[] args) {
        long end = System.nanoTime() + Long.parseLong(args[0]) * NANOS_PER_SECOND;
        long rounds = 0;
        while (System.nanoTime() < end) {
            for (int i = 0; i < 1_000; i++) {
                new Inflater(true).end();
            }
            rounds++;
        }
        System.out.println("rounds=" + rounds);
    }
}

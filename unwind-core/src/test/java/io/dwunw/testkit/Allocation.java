// SPDX-License-Identifier: MIT
package io.dwunw.testkit;

import java.lang.management.ManagementFactory;

/** Measures what a piece of code allocates on the heap. */
public final class Allocation {
    private static final com.sun.management.ThreadMXBean THREADS =
            (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int WARM_UP = 20_000;
    private static final int MEASURED = 2_000;
    private static final int ATTEMPTS = 5;

    private Allocation() {}

    /** Bytes that {@code action} allocates in this thread when it runs for the first time. */
    public static long bytesOfFirstRun(Runnable action) {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        action.run();
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }

    /** Bytes that one run of {@code action} allocates in this thread once warm, at least of several attempts. */
    public static double bytesPerRun(Runnable action) {
        for (int i = 0; i < WARM_UP; i++) {
            action.run();
        }
        double least = Double.MAX_VALUE;
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < MEASURED; i++) {
                action.run();
            }
            least = Math.min(least, (double) (THREADS.getCurrentThreadAllocatedBytes() - before) / MEASURED);
        }
        return least;
    }
}

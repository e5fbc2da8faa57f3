// SPDX-License-Identifier: MIT
package io.dwunw.it.bench;

import io.dwunw.it.program.UnsafeMemory;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;

/** {@code Unsafe.allocateMemory} and {@code freeMemory} at a given rate, and of a size that no other code asks for. */
public final class PacedPairs {
    /** Bytes of every block; whole words, because HotSpot rounds up to these. */
    public static final long SIZE = 1_256;

    private static final long SLICE_NANOS = 1_000_000;
    /** For what listens to come to its feet, and to work off what it has heard. */
    private static final long BEFORE_MILLIS = 500;

    private static final long AFTER_MILLIS = 1_000;

    private PacedPairs() {}

    /** Arguments: pairs a second, milliseconds. */
    public static void main(String[] args) throws Throwable {
        int rate = Integer.parseInt(args[0]);
        long nanos = Long.parseLong(args[1]) * 1_000_000;
        Readiness.await();
        Thread.sleep(BEFORE_MILLIS);
        long from = System.currentTimeMillis();
        long start = System.nanoTime();
        long pairs = 0;
        long elapsed = 0;
        while (elapsed < nanos) {
            // What is due by now, a slice at most: a program that was held up does not make up for it with a burst.
            long due = Math.min((long) (elapsed * (rate / 1e9)), pairs + rate * SLICE_NANOS / 1_000_000_000);
            pairs(due - pairs);
            pairs = Math.max(pairs, due);
            elapsed = System.nanoTime() - start;
            LockSupport.parkNanos(SLICE_NANOS / 10);
        }
        long until = System.currentTimeMillis();
        Thread.sleep(AFTER_MILLIS);
        System.out.printf(
                Locale.ROOT,
                "operations=%d bytes=%d rate=%.0f from=%d until=%d rss=%d%n",
                pairs,
                pairs * SIZE,
                pairs * 1e9 / elapsed,
                from,
                until,
                ProcessFigures.peakResidentKib());
    }

    private static void pairs(long count) throws Throwable {
        for (long i = 0; i < count; i++) {
            long address = (long) UnsafeMemory.ALLOCATE.invokeExact(SIZE);
            UnsafeMemory.FREE.invokeExact(address);
        }
    }
}

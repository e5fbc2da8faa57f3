// SPDX-License-Identifier: MIT
package io.dwunw.agent.truth;

import io.dwunw.memory.MemoryReader;
import java.util.Random;

/**
 * Memory in which now and then something happens while it is read: in the middle of a walk, before one part of a method
 * is read and after another. For one thread.
 */
final class DisturbedMemory implements MemoryReader {
    private static final long MAX_NANOS_BETWEEN = 700_000_000;
    private static final int MAX_READS_BETWEEN = 500;

    private final MemoryReader memory;
    private final Random random;
    private Runnable disturbance = () -> {};
    private int readsToGo = Integer.MAX_VALUE;
    private long notBefore;

    DisturbedMemory(MemoryReader memory, long seed) {
        this.memory = memory;
        random = new Random(seed);
    }

    /** From now on that happens. */
    void disturbBy(Runnable what) {
        disturbance = what;
        readsToGo = 1;
    }

    @Override
    public int read(long avma, byte[] destination, int offset, int length) {
        if (--readsToGo <= 0) {
            readsToGo = 1 + random.nextInt(MAX_READS_BETWEEN);
            if (System.nanoTime() >= notBefore) {
                disturbance.run();
                notBefore = System.nanoTime() + (long) (random.nextDouble() * MAX_NANOS_BETWEEN);
            }
        }
        return memory.read(avma, destination, offset, length);
    }
}

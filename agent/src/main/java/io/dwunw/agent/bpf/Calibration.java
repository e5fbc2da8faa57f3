// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

/**
 * Finds out what a probe costs on this machine: traps cost three times as much on some virtual machines as elsewhere.
 */
final class Calibration {
    private static final int BATCHES = 4;
    private static final int CALLS = 16;

    /** What copying a stack and taking the record in adds to the traps, in nanoseconds. */
    static final long COPY_NANOS = 1_000;

    private Calibration() {}

    /** Calls that run into a probe. */
    interface Calls {
        void make(int count);
    }

    /** Nanoseconds of a call, in the best of some batches: the thread may be interrupted in others. Takes 0.1 ms. */
    static long nanos(Calls calls) {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < BATCHES; i++) {
            long start = System.nanoTime();
            calls.make(CALLS);
            least = Math.min(least, System.nanoTime() - start);
        }
        return least / CALLS;
    }
}

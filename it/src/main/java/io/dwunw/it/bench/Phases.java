// SPDX-License-Identifier: MIT
package io.dwunw.it.bench;

/**
 * Plan by which a program is measured.
 *
 * @param threads that work
 * @param warmupMillis before anything is measured
 * @param measuredMillis measured
 */
record Phases(int threads, long warmupMillis, long measuredMillis) {
    private static final int MAX_THREADS = 64;

    Phases {
        if (threads < 1 || threads > MAX_THREADS || warmupMillis < 0 || measuredMillis < 1) {
            throw new IllegalArgumentException(
                    threads + " threads, " + warmupMillis + " ms, " + measuredMillis + " ms");
        }
    }

    /** Arguments: threads, milliseconds of warm-up, milliseconds to measure. */
    static Phases parse(String[] args) {
        return new Phases(Integer.parseInt(args[0]), Long.parseLong(args[1]), Long.parseLong(args[2]));
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.it.program;

/**
 * Plan for native threads that allocate blocks: {@code rounds} of every {@link AllocatorFunction} each. After all have
 * allocated, each thread frees its neighbour's blocks, but for those of the first {@code kept} rounds.
 *
 * @param pauseMicros pause after each allocation, microseconds
 */
public record WorkersPlan(int threads, int rounds, int kept, int pauseMicros) {

    /** Bytes of the block that realloc and reallocarray let grow; malloc'ed by the same function. */
    public static final int REALLOC_SEED = 24;

    private static final int PAGE = 4096;

    /** Reads what {@link #arguments()} wrote. */
    public static WorkersPlan parse(String... arguments) {
        return new WorkersPlan(
                Integer.parseInt(arguments[0]),
                Integer.parseInt(arguments[1]),
                Integer.parseInt(arguments[2]),
                Integer.parseInt(arguments[3]));
    }

    /** The arguments of {@link NativeWorkers}. */
    public String[] arguments() {
        return new String[] {
            Integer.toString(threads), Integer.toString(rounds), Integer.toString(kept), Integer.toString(pauseMicros)
        };
    }

    /**
     * Bytes of every block that this thread asks this member of the family for; {@code size_of} in {@code workers.c}.
     */
    public static long size(int thread, AllocatorFunction family) {
        return family == AllocatorFunction.MMAP
                ? (long) PAGE * (3 + thread)
                : 3L * (1000 * (family.code() + 1) + 10 * thread + 1);
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.hooks;

/**
 * Settings of a {@link HooksEngine}.
 *
 * @param intervalBytes mean bytes between two samples; 0 and 1 = every allocation
 * @param stackBytes most bytes of stack in a sample, brought between 256 bytes and 128 KiB
 * @param ringBytes room for samples that wait. Of the hooks' own, brought between 64 KiB and 1 GiB, what is never used
 *     costs no
 * memory; the first engine of a process that copies by itself decides, as threads may be writing to it forever after.
 *     The kernel takes all of it at once, as a power of two
 */
public record HooksConfig(long intervalBytes, int stackBytes, int ringBytes) {
    public static final int DEFAULT_STACK_BYTES = 96 << 10;
    public static final int DEFAULT_RING_BYTES = 16 << 20;
    /** Where samples are few. */
    public static final int SPARSE_RING_BYTES = 2 << 20;

    /** Where as many samples are taken as a budget bears: a tenth of a second's worth of them. */
    public static final int BUDGETED_RING_BYTES = 4 << 20;

    /** Where every allocation is sampled, a burst must find room. */
    public static final int DENSE_RING_BYTES = 256 << 20;

    private static final int LEAST_RING_BYTES = 512 << 10;
    /** One part in so many of the memory that is left may be spent on it. */
    private static final int SHARE_OF_FREE_MEMORY = 16;

    private static final long DENSE_INTERVAL_BYTES = 4096;
    private static final long SPARSE_INTERVAL_BYTES = 128 << 10;

    public HooksConfig {
        if (intervalBytes < 0 || stackBytes <= 0 || ringBytes <= 0) {
            throw new IllegalArgumentException("sizes must be positive");
        }
    }

    /** The defaults for an interval. */
    public static HooksConfig of(long intervalBytes) {
        return new HooksConfig(intervalBytes, DEFAULT_STACK_BYTES, ringBytesFor(intervalBytes, Long.MAX_VALUE));
    }

    /**
     * Room for the samples of an interval, but no more than a part of the memory that the process may still take.
     *
     * @param freeBytes what the process may still take
     */
    public static int ringBytesFor(long intervalBytes, long freeBytes) {
        int wanted = intervalBytes < DENSE_INTERVAL_BYTES
                ? DENSE_RING_BYTES
                : intervalBytes < SPARSE_INTERVAL_BYTES ? DEFAULT_RING_BYTES : SPARSE_RING_BYTES;
        return boundedRingBytes(wanted, freeBytes);
    }

    /**
     * So much room, but no more than a part of the memory that the process may still take.
     *
     * @param freeBytes what the process may still take
     */
    public static int boundedRingBytes(int wanted, long freeBytes) {
        int bytes = wanted;
        while (bytes > LEAST_RING_BYTES && bytes > freeBytes / SHARE_OF_FREE_MEMORY) {
            bytes /= 2;
        }
        return bytes;
    }

    public HooksConfig withStackBytes(int bytes) {
        return new HooksConfig(intervalBytes, bytes, ringBytes);
    }

    public HooksConfig withRingBytes(int bytes) {
        return new HooksConfig(intervalBytes, stackBytes, bytes);
    }
}

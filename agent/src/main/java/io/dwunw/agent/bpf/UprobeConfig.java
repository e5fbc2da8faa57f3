// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

/**
 * Settings of a {@link UprobeEngine}.
 *
 * @param intervalBytes mean bytes between two samples; 0 and 1 = every allocation, more than
 *     {@link #MAX_INTERVAL_BYTES} counts as that
 * @param stackBytes most bytes of stack in a sample, rounded down to pages, from 4 KiB to 128 KiB
 * @param ringBytes size of the ring buffer: rounded up to a power of two
 * @param liveEntries most sampled blocks whose free is waited for; what comes beyond is counted, not reported
 */
public record UprobeConfig(long intervalBytes, int stackBytes, int ringBytes, int liveEntries) {
    /** The kernel side computes with 32 bits of interval. */
    public static final long MAX_INTERVAL_BYTES = (1L << 32) - 1;

    public static final int DEFAULT_STACK_BYTES = 96 << 10;
    public static final int DEFAULT_RING_BYTES = 8 << 20;
    /** About 10 MiB of kernel memory; at an interval of 512k it stands for 64 GiB of live heap. */
    public static final int DEFAULT_LIVE_ENTRIES = 1 << 17;
    /** For intervals so small that nearly every block is sampled: about 80 MiB. */
    public static final int DENSE_LIVE_ENTRIES = 1 << 20;

    private static final int LIVE_ENTRY_BYTES = 80;
    private static final int LEAST_FREE_SHARE = 16;
    private static final int DENSE_INTERVAL_BYTES = 4096;
    private static final int MIN_RING_BYTES = 256 << 10;
    private static final int MAX_RING_BYTES = 512 << 20;

    public UprobeConfig {
        if (intervalBytes < 0 || stackBytes <= 0 || ringBytes <= 0 || liveEntries <= 0) {
            throw new IllegalArgumentException("sizes must be positive");
        }
        intervalBytes = Math.min(intervalBytes, MAX_INTERVAL_BYTES);
        int bounded = Math.max(MIN_RING_BYTES, Math.min(ringBytes, MAX_RING_BYTES));
        ringBytes = Integer.highestOneBit(bounded - 1) << 1;
    }

    /** The defaults for an interval. */
    public static UprobeConfig of(long intervalBytes) {
        int live = intervalBytes < DENSE_INTERVAL_BYTES ? DENSE_LIVE_ENTRIES : DEFAULT_LIVE_ENTRIES;
        return new UprobeConfig(intervalBytes, DEFAULT_STACK_BYTES, DEFAULT_RING_BYTES, live);
    }

    public UprobeConfig withStackBytes(int bytes) {
        return new UprobeConfig(intervalBytes, bytes, ringBytes, liveEntries);
    }

    public UprobeConfig withRingBytes(int bytes) {
        return new UprobeConfig(intervalBytes, stackBytes, bytes, liveEntries);
    }

    /** Fewer where the process may not take much more memory. */
    public UprobeConfig withLiveEntriesFor(long freeBytes) {
        return freeBytes / LEAST_FREE_SHARE < (long) liveEntries * LIVE_ENTRY_BYTES
                ? withLiveEntries(Math.min(liveEntries, DEFAULT_LIVE_ENTRIES))
                : this;
    }

    public UprobeConfig withLiveEntries(int entries) {
        return new UprobeConfig(intervalBytes, stackBytes, ringBytes, entries);
    }
}

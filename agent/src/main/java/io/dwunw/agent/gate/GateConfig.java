package io.dwunw.agent.gate;

/**
 * What a {@link GateEngine} is to be like.
 *
 * @param intervalBytes mean bytes between two samples; 0 and 1 = every allocation
 * @param stackBytes most bytes of stack in a sample, brought between 256 bytes and 128 KiB
 * @param ringBytes size of the ring, rounded up to a power of two between 64 KiB and 1 GiB; pages that are never used
 *     cost no memory. The first engine of a process decides: threads may be writing to the ring for ever after
 */
public record GateConfig(long intervalBytes, int stackBytes, int ringBytes) {
    public static final int DEFAULT_STACK_BYTES = 96 << 10;
    public static final int DEFAULT_RING_BYTES = 16 << 20;
    /** Written from end to end time and again, all of a ring is resident: where samples are few, it is a small one. */
    public static final int SPARSE_RING_BYTES = 2 << 20;

    /** Where every allocation is sampled, a burst must find room. */
    public static final int DENSE_RING_BYTES = 256 << 20;

    private static final long DENSE_INTERVAL_BYTES = 4096;
    private static final long SPARSE_INTERVAL_BYTES = 128 << 10;

    public GateConfig {
        if (intervalBytes < 0 || stackBytes <= 0 || ringBytes <= 0) {
            throw new IllegalArgumentException("sizes must be positive");
        }
    }

    /** The defaults for an interval. */
    public static GateConfig of(long intervalBytes) {
        return new GateConfig(intervalBytes, DEFAULT_STACK_BYTES, ringBytesFor(intervalBytes));
    }

    /** The ring for an interval. */
    public static int ringBytesFor(long intervalBytes) {
        if (intervalBytes < DENSE_INTERVAL_BYTES) {
            return DENSE_RING_BYTES;
        }
        return intervalBytes < SPARSE_INTERVAL_BYTES ? DEFAULT_RING_BYTES : SPARSE_RING_BYTES;
    }

    public GateConfig withStackBytes(int bytes) {
        return new GateConfig(intervalBytes, bytes, ringBytes);
    }

    public GateConfig withRingBytes(int bytes) {
        return new GateConfig(intervalBytes, stackBytes, bytes);
    }
}

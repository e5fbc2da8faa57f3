package io.dwunw.agent.hotspot;

import java.util.Arrays;

/**
 * How old compiled code is at least, by its compile id: HotSpot numbers compilations in the order in which it asks for them,
 * so that whatever has a lower number than one that was seen installed some time ago was asked for before that.
 *
 * <p>Hot; allocates nothing.
 */
final class CompileAges {
    /** Compilations may wait in a queue, and overtake each other by that much. */
    private static final long OVERTAKING_NANOS = 10_000_000_000L;

    private static final long STEP_NANOS = 250_000_000;
    private static final int STEPS = 64;

    private final long[] times = new long[STEPS];
    private final int[] ids = new int[STEPS];
    private int last;

    CompileAges() {
        Arrays.fill(times, Long.MAX_VALUE);
    }

    /** A compilation has been seen installed. */
    void seen(int compileId, long nanos) {
        if (compileId <= ids[last]) {
            return;
        }
        if (times[last] == Long.MAX_VALUE || nanos - times[last] >= STEP_NANOS) {
            int next = (last + 1) % STEPS;
            ids[next] = ids[last];
            times[next] = nanos;
            last = next;
        }
        ids[last] = compileId;
        times[last] = nanos;
    }

    /** Whether the compilation was surely asked for some time before that moment. */
    boolean olderThan(int compileId, long nanos) {
        for (int i = 0; i < STEPS; i++) {
            int step = (last - i + STEPS) % STEPS;
            if (times[step] == Long.MAX_VALUE || compileId > ids[step]) {
                return false;
            }
            if (nanos - times[step] >= OVERTAKING_NANOS) {
                return true;
            }
        }
        return false;
    }
}

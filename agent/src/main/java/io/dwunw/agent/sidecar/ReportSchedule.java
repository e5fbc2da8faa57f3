// SPDX-License-Identifier: MIT
package io.dwunw.agent.sidecar;

import java.time.Duration;

/**
 * Schedule of the leak reports within a chunk: the usual end of a leak is a killed JVM, which writes no report at its
 * chunk's end. Confined to the sidecar thread.
 */
final class ReportSchedule {
    /** The first report of a chunk comes sooner than the others. */
    private static final long FIRST_NANOS = 15_000_000_000L;

    /** A report costs in proportion to what is live: it is followed by a pause of so many times what it took. */
    private static final int PAUSE_FACTOR = 1000;

    private long periodNanos;
    private long dueAt;
    private long costNanos;

    /**
     * Begins with a recording.
     *
     * @param period between two reports; zero for none
     * @param nanoTime now, as {@link System#nanoTime}
     */
    ReportSchedule(Duration period, long nanoTime) {
        this.periodNanos = period.toNanos();
        chunkBegun(nanoTime);
    }

    /** Sets another period. */
    void period(Duration period, long nanoTime) {
        if (period.toNanos() != periodNanos) {
            periodNanos = period.toNanos();
            chunkBegun(nanoTime);
        }
    }

    /** A recording has begun, or a chunk has ended with a report of its own and the next has begun. */
    void chunkBegun(long nanoTime) {
        dueAt = nanoTime + Math.max(Math.min(FIRST_NANOS, periodNanos), PAUSE_FACTOR * costNanos);
    }

    boolean isDue(long nanoTime) {
        return periodNanos > 0 && nanoTime - dueAt >= 0;
    }

    /**
     * A report was computed that was due.
     *
     * @param cost nanoseconds of CPU time that it took
     */
    void reported(long nanoTime, long cost) {
        costNanos = Math.max(0, cost);
        dueAt = nanoTime + Math.max(periodNanos, PAUSE_FACTOR * costNanos);
    }
}

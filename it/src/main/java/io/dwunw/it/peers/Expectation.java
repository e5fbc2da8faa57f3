// SPDX-License-Identifier: MIT
package io.dwunw.it.peers;

/** Number of samples that a profiler must have taken to be believed. */
final class Expectation {
    /** With fewer expected, chance decides. */
    private static final double ENOUGH = 20;

    private Expectation() {}

    /**
     * Fails unless enough samples were taken.
     *
     * @param samples seen
     * @param bytes asked for meanwhile; NaN if not known: then any sample is enough
     * @param interval mean bytes between two samples
     */
    static void demand(long samples, double bytes, long interval) throws InvalidRunException {
        if (samples == 0) {
            throw new InvalidRunException("no samples");
        }
        double expected = bytes / interval;
        // At an interval of 1 every call is a sample, however large, and many may be lost.
        if (interval > 1 && expected > ENOUGH && samples < expected / 2) {
            throw new InvalidRunException(samples + " samples where " + Math.round(expected) + " are expected");
        }
    }
}

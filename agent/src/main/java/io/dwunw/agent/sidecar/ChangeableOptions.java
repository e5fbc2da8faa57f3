// SPDX-License-Identifier: MIT
package io.dwunw.agent.sidecar;

import io.dwunw.agent.budget.IntervalController;
import java.time.Duration;

/**
 * Options that may change while the sidecar runs.
 *
 * @param narrowestInterval bytes, below which the interval never falls
 * @param firstInterval bytes, until it is known what samples cost
 * @param maxOverhead part of the CPU time that the application uses; 0 for no limit
 * @param minAge younger blocks are not published as leaks
 * @param maxEvents allocation events a second; 0 for no limit
 * @param report between two leak reports of a chunk; zero for one at its end only
 */
public record ChangeableOptions(
        long narrowestInterval,
        long firstInterval,
        double maxOverhead,
        Duration minAge,
        int maxEvents,
        Duration report) {

    /** A controller that begins with these options. */
    public IntervalController controller() {
        return new IntervalController(narrowestInterval, firstInterval, maxOverhead);
    }

    /** Whether the interval follows from these as from the others. */
    boolean hasIntervalOf(ChangeableOptions others) {
        return narrowestInterval == others.narrowestInterval
                && firstInterval == others.firstInterval
                && maxOverhead == others.maxOverhead;
    }
}

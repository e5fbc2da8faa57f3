// SPDX-License-Identifier: MIT
package io.dwunw.it.peers;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A program that has ended well.
 *
 * @param directory the run's own
 * @param printed by the program, by key
 * @param errors lines of standard error
 * @param millis from the start of the process to its end
 */
record FinishedRun(Workload workload, Path directory, Map<String, Double> printed, List<String> errors, double millis) {
    /** A number that the program printed; NaN if it did not. */
    double value(String key) {
        return printed.getOrDefault(key, Double.NaN);
    }

    /** Percent of the program's operations that were not found; somebody else may have asked for the same size. */
    double missing(double found) {
        return Math.max(0, 100 * (1 - found / value("operations")));
    }
}

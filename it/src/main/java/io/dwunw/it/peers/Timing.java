// SPDX-License-Identifier: MIT
package io.dwunw.it.peers;

import java.util.List;

/**
 * Durations of the phases of a run.
 *
 * @param warmupMillis of each run
 * @param measuredMillis of each run
 */
record Timing(long warmupMillis, long measuredMillis) {
    List<String> args(int threads) {
        return List.of(Integer.toString(threads), Long.toString(warmupMillis), Long.toString(measuredMillis));
    }
}

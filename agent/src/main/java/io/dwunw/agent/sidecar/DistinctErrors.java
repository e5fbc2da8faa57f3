// SPDX-License-Identifier: MIT
package io.dwunw.agent.sidecar;

import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Says each kind of failure once, and counts them all: a sidecar that fails on every sample must not fill a log.
 * Confined to one thread, but for {@link #count()}.
 */
public final class DistinctErrors {
    /** After so many kinds the rest is only counted. */
    private static final int MAX_KINDS = 8;

    private final Consumer<String> console;
    private final Set<String> said = new HashSet<>();
    private volatile long count;

    /** @param console takes single lines for the user */
    public DistinctErrors(Consumer<String> console) {
        this.console = console;
    }

    /** Notes a failure. */
    public void record(String during, Throwable failure) {
        count = count() + 1;
        StackTraceElement[] trace = failure.getStackTrace();
        String where = trace.length == 0 ? "" : " at " + trace[0];
        if (said.size() < MAX_KINDS && said.add(during + failure.getClass().getName() + where)) {
            console.accept("internal error while " + during + " (said once, counted in dwunw.AgentStatistics): "
                    + failure + where);
        }
    }

    /** Failures so far. */
    public long count() {
        return count;
    }
}

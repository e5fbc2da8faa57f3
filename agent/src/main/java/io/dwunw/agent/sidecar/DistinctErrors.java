package io.dwunw.agent.sidecar;

import io.dwunw.agent.Console;
import java.util.HashSet;
import java.util.Set;

/**
 * Says each kind of failure once, and counts them all: a sidecar that fails on every sample must not fill a log.
 * Confined to one thread, but for {@link #count()}.
 */
final class DistinctErrors {
    /** After so many kinds the rest is only counted. */
    private static final int MAX_KINDS = 8;

    private final Set<String> said = new HashSet<>();
    private volatile long count;

    void record(String during, Throwable failure) {
        count = count + 1;
        StackTraceElement[] trace = failure.getStackTrace();
        String where = trace.length == 0 ? "" : " at " + trace[0];
        String kind = during + failure.getClass().getName() + where;
        if (said.size() < MAX_KINDS && said.add(kind)) {
            Console.line("internal error while " + during + " (said once, counted in dwunw.AgentStatistics): "
                    + Console.describe(failure) + where);
        }
    }

    long count() {
        return count;
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Events that recordings want now. Cheap, a field read for each kind, and safe at any time on any thread: until JFR
 * knows the event classes the answer is no, and none of them is touched. Code that initialised one by itself would wait
 * for the lock that JFR holds while it, on the thread that registers, waits for that initialiser, and the application's
 * thread that starts a recording would hang with it. Hence no other class outside this package may ask them; who makes
 * an event asks here first whether it is wanted.
 */
public final class WantedEvents {
    private static final AtomicBoolean REGISTERED = new AtomicBoolean();

    private WantedEvents() {}

    /** JFR has registered, and so initialised, all event classes. */
    static void registered() {
        REGISTERED.set(true);
    }

    /** Whether JFR runs, and knows the event classes. */
    static boolean areRegistered() {
        return REGISTERED.get();
    }

    /** Whether a recording wants any event of dwunw. */
    public static boolean any() {
        return allocations() || leaks() || statistics() || frees();
    }

    /** {@code dwunw.NativeAllocation}. */
    public static boolean allocations() {
        return REGISTERED.get() && NativeAllocationEvent.enabled();
    }

    /** {@code dwunw.NativeFree}. */
    public static boolean frees() {
        return REGISTERED.get() && NativeFreeEvent.enabled();
    }

    /** {@code dwunw.NativeLeak}. */
    public static boolean leaks() {
        return REGISTERED.get() && NativeLeakEvent.enabled();
    }

    /** {@code dwunw.NativeLeakReport}, which has nothing to say unless leaks are wanted. */
    public static boolean leakReports() {
        return leaks() && NativeLeakReportEvent.enabled();
    }

    /**
     * Whether JFR says when a chunk ends, and waits for the events that belong in it: while {@code dwunw.NativeLeak} or
     * {@code dwunw.AgentState} is enabled, as the latter is unless a recording disables it.
     */
    public static boolean chunkEnds() {
        return REGISTERED.get() && (NativeLeakEvent.enabled() || AgentStateEvent.enabled());
    }

    /** {@code dwunw.AgentStatistics}. */
    public static boolean statistics() {
        return REGISTERED.get() && AgentStatisticsEvent.enabled();
    }
}

package io.dwunw.jfr;

import java.util.function.Consumer;

/**
 * The events' life in recordings: when any recording wants them, when a chunk ends, when a statistic is due. Costs next
 * to nothing while the recorder has not been started; never starts it.
 */
public final class RecordingHooks implements AutoCloseable {
    private RecordingHooks() {}

    /**
     * Call once, early.
     *
     * @param wanted told true when the first recording enables a dwunw event, false when none does any more; on JFR's
     *     threads, under its locks: must return at once
     * @param chunkEnd where JFR waits for the leak events of a chunk
     * @param statistics runs each second on JFR's periodic thread while {@code dwunw.AgentStatistics} is enabled: must
     *     hand over or commit quickly
     */
    public static RecordingHooks install(Consumer<Boolean> wanted, Rendezvous chunkEnd, Runnable statistics) {
        return new RecordingHooks();
    }

    /** Whether a recording wants any dwunw event now. Cheap: a field read per event type. */
    public static boolean wanted() {
        return NativeAllocationEvent.enabled();
    }

    @Override
    public void close() {}
}

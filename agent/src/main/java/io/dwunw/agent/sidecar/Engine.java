package io.dwunw.agent.sidecar;

import io.dwunw.agent.ringbuf.SampleHandler;

/**
 * A way to catch allocations, as the sidecar sees it. Confined to the sidecar thread, but for {@link #description()}.
 */
public interface Engine extends AutoCloseable {
    /** Starts to sample. Does nothing when it samples already. */
    void attach() throws Exception;

    /** Stops to sample; records already produced can still be drained. */
    void detach();

    boolean attached();

    /**
     * Hands over records that are waiting.
     *
     * @param limit most records of one call
     * @return how many there were
     */
    int drain(SampleHandler handler, int limit);

    /** Reads the producer's counters. */
    void counters(EngineCounters into);

    /** Whether the producer still takes this block for alive: tells, after frees were lost, the dead from the living. */
    boolean isLive(long address);

    /** Unmappings need to be told only while fewer sampled mappings are dead than were sampled since the attachment. */
    void mappingsDead(long total);

    /**
     * Tells the JVM's own object for a thread, which says where its stack ends, and whose frame anchor belongs into the
     * thread's samples; 0 if the thread is none of Java's any more.
     */
    void javaThread(int tid, long javaThread);

    /** Where these things lie in a {@code JavaThread}. */
    void layout(JavaThreadLayout offsets);

    /** Which mechanism is in use, for people. */
    String description();

    /** Releases everything, also after failures. */
    @Override
    void close();
}

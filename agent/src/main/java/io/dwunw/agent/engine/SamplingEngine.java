// SPDX-License-Identifier: MIT
package io.dwunw.agent.engine;

import io.dwunw.agent.linux.Doorbell;
import io.dwunw.agent.ringbuf.SampleSource;
import io.dwunw.agent.sample.Allocator;
import org.jspecify.annotations.Nullable;

/**
 * A way to catch allocations of this process, from being opened to being closed. Methods may be called by any thread,
 * but {@link #samples()} are drained by one thread at a time. A closed engine does nothing.
 */
public interface SamplingEngine extends AutoCloseable {
    /** No number of bytes. */
    long UNKNOWN = -1;

    /**
     * Starts to sample; does nothing while it samples. May be repeated after {@link #detach}.
     *
     * @throws EngineUnavailableException if that turns out not to be possible
     */
    void attach() throws EngineUnavailableException;

    /** Stops to sample. Records already produced can still be drained; blocks sampled so far are forgotten. */
    void detach();

    boolean attached();

    /** The samples, in an order in which every free precedes any later allocation at its address. */
    SampleSource samples();

    /**
     * What to sleep on until samples or frees come; null if this engine rings no bell: then its ring has to be looked
     * at now and then.
     */
    default @Nullable Doorbell doorbell() {
        return null;
    }

    /** Changes the mean number of bytes between samples, for all threads at once; 0 and 1 = every allocation. */
    void setInterval(long bytes);

    /**
     * Neither samples this thread's allocations from now on, nor counts its calls; its frees of other threads' blocks
     * are still seen. For a few threads only.
     */
    void excludeThread(int tid);

    /** Reads the producer's counters. */
    void counters(EngineCounters into);

    /**
     * Whether a sampled heap block is alive as far as the producer knows: after frees were lost, this tells the dead
     * from the living.
     *
     * @param blockKey see {@link io.dwunw.agent.sample.Sample#blockKey}
     */
    boolean isLive(long blockKey);

    /**
     * Bytes that libc's allocator has handed out to anybody, as it counts itself: what this engine did not see
     * included. Takes the allocator's locks, and longer the more free blocks it keeps.
     *
     * @return {@link #UNKNOWN} if the allocator does not tell, or is not the only one, or if nothing can go by this
     *     engine
     */
    default long heapInUse() {
        return UNKNOWN;
    }

    /**
     * Unmappings need to be reported only as long as a sampled mapping may be alive.
     *
     * @param total how many samples of {@code mmap} and {@code mremap} since {@link #attach} are known to be unmapped
     */
    default void setUnmappedCount(long total) {
        // For engines that do not know their mappings themselves.
    }

    /**
     * Tells the JVM's own object for a thread, which says where its stack ends, and whose frame anchor goes into the
     * thread's samples.
     *
     * @param javaThread address of the {@code JavaThread}; 0 = the thread has ended, and its number may become
     *     another's
     */
    void registerJavaThread(int tid, long javaThread);

    /** Where in a {@code JavaThread} lies what {@link #registerJavaThread} is for. */
    void setJavaThreadLayout(JavaThreadLayout offsets);

    /**
     * Measures what probes cost on this machine, for {@link #callPicos} and {@link #sampleNanos}. While attached, on a
     * thread that is excluded.
     */
    default void calibrate() {
        // For engines without probes.
    }

    /**
     * What a call that is not sampled costs the application, in picoseconds of CPU time: on a machine of today, until
     * {@link #calibrate} was called.
     */
    long callPicos(Allocator allocator);

    /** What a sample costs the application more than that, in nanoseconds, the free of its block included. */
    long sampleNanos();

    /** Which mechanism is in use, for people. */
    String description();

    /** Releases everything, also after failures. */
    @Override
    void close();
}

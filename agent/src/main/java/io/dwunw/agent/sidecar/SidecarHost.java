// SPDX-License-Identifier: MIT
package io.dwunw.agent.sidecar;

/** Owner of the sidecar, as the sidecar asks for it, on the sidecar's thread, when it starts and when it gives up. */
public interface SidecarHost {
    /**
     * Builds everything that the sidecar works with.
     *
     * @param sidecar the calling thread
     * @throws Exception if allocations cannot be caught in this process; {@link #describeFailure} puts it in words
     */
    SamplingPipeline createPipeline(Sidecar sidecar) throws Exception;

    /** One line for the user: why allocations cannot be caught, and what to do about it. */
    String describeFailure(Throwable failure);

    /** Samples are taken from now on. */
    void tracing(String engine);

    /** All is ready, and no recording wants samples. */
    void resting(String engine);

    /** A recording has started, but the probes took too long: what was allocated meanwhile is unknown. Any thread. */
    void probesAreLate();

    /** A chunk has ended before all that belongs in it could be written. Any thread; once. */
    void chunkEndedEarly();

    /** The sidecar ends and will do nothing more, because of what {@link #describeFailure} said. */
    void stopped(String why);
}

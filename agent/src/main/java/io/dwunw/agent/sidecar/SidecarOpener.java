// SPDX-License-Identifier: MIT
package io.dwunw.agent.sidecar;

/** Owner of the sidecar, as the sidecar asks for it, on the sidecar's thread, when it starts and when it gives up. */
public interface SidecarOpener {
    /**
     * Builds everything that the sidecar works with.
     *
     * @param sidecar the calling thread
     * @throws Exception if allocations cannot be caught in this process; {@link #explain} puts it in words
     */
    SidecarParts open(Sidecar sidecar) throws Exception;

    /** One line for the user: why allocations cannot be caught, and what to do about it. */
    String explain(Throwable failure);

    /** Samples are taken from now on. */
    void tracing(String engine);

    /** All is ready, and no recording wants samples. */
    void resting(String engine);

    /** A recording has started, but the probes took too long: what was allocated meanwhile is unknown. Any thread. */
    void slow();

    /** A chunk has ended before all that belongs in it could be written. Any thread; once. */
    void late();

    /** The sidecar ends and will do nothing more, because of what {@link #explain} said. */
    void ended(String why);
}

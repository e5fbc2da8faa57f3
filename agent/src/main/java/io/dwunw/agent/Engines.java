package io.dwunw.agent;

import io.dwunw.agent.bpf.BpfUnavailableException;
import io.dwunw.agent.linux.Linux;
import io.dwunw.agent.sidecar.Engine;

/** Chooses how allocations are caught. */
final class Engines {
    private Engines() {}

    /**
     * Opens what the options ask for. To be called on the thread that will drain: its own allocations are left out.
     *
     * @throws BpfUnavailableException with one line that says what is missing
     */
    static Engine open(AgentOptions options) throws BpfUnavailableException {
        return UprobeSampling.open(options, Linux.threadId());
    }
}

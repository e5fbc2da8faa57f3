package io.dwunw.agent;

import io.dwunw.agent.AgentOptions.Engine;
import io.dwunw.agent.bpf.BpfUnavailableException;
import io.dwunw.agent.bpf.UprobeEngine;
import io.dwunw.agent.gate.GateUnavailableException;
import io.dwunw.agent.linux.Linux;
import java.util.Optional;

/** Chooses how allocations are caught. */
final class Engines {
    private Engines() {}

    /**
     * What is certain before anything is opened, for the one line that the user gets: that an engine asked for cannot
     * be had. Takes no time, so that it can be said before the application starts.
     */
    static Optional<BpfUnavailableException> certainlyMissing(Engine wanted) {
        return wanted == Engine.GATE ? Optional.empty() : UprobeEngine.certainlyMissing();
    }

    /** The line that goes with {@link Engine#AUTO} where kernel probes cannot be had. */
    static String insteadOfProbes(BpfUnavailableException missing) {
        return "sampling inside the process instead of by kernel probes (engine=gate silences this): "
                + missing.getMessage();
    }

    /**
     * Opens what the options ask for. To be called on the thread that will drain: its own allocations are left out.
     *
     * @param wanted as the options have it, after {@link #certainlyMissing} has spoken
     */
    static io.dwunw.agent.sidecar.Engine open(AgentOptions options, Engine wanted)
            throws BpfUnavailableException, GateUnavailableException {
        int self = Linux.threadId();
        if (wanted == Engine.GATE) {
            return GateSampling.open(options, self);
        }
        try {
            return UprobeSampling.open(options, self);
        } catch (BpfUnavailableException e) {
            if (wanted == Engine.UPROBE) {
                throw e;
            }
            io.dwunw.agent.sidecar.Engine gate = GateSampling.open(options, self);
            Console.line(insteadOfProbes(e));
            return gate;
        }
    }
}

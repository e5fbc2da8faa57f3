package io.dwunw.agent;

import io.dwunw.agent.AgentOptions.Engine;
import io.dwunw.agent.bpf.BpfUnavailableException;
import io.dwunw.agent.bpf.UprobeConfig;
import io.dwunw.agent.bpf.UprobeEngine;
import io.dwunw.agent.engine.EngineUnavailableException;
import io.dwunw.agent.engine.SamplingEngine;
import io.dwunw.agent.gate.GateConfig;
import io.dwunw.agent.gate.GateEngine;
import io.dwunw.agent.linux.Linux;
import java.util.Optional;

/** Chooses how allocations are caught. */
final class Engines {
    /** Where every allocation is sampled a burst must find room: 64k samples with shallow stacks. */
    private static final int DENSE_RING_BYTES = 256 << 20;

    private static final int RING_BYTES = 16 << 20;
    private static final long DENSE_INTERVAL = 4096;

    private Engines() {}

    /**
     * What is certain before anything is opened, for the one line that the user gets: that an engine asked for cannot
     * be had. Takes no time, so that it can be said before the application starts.
     */
    static Optional<? extends EngineUnavailableException> certainlyMissing(Engine wanted) {
        return wanted == Engine.GATE ? Optional.empty() : UprobeEngine.certainlyMissing();
    }

    /** The line that goes with {@link Engine#AUTO} where kernel probes cannot be had. */
    static String insteadOfProbes(EngineUnavailableException missing) {
        return "sampling inside the process instead of by kernel probes (engine=gate silences this): "
                + missing.getMessage();
    }

    /**
     * Opens what the options ask for. To be called on the thread that will drain: its own allocations are left out.
     *
     * @param wanted as the options have it, after {@link #certainlyMissing} has spoken
     */
    static SamplingEngine open(AgentOptions options, Engine wanted) throws EngineUnavailableException {
        SamplingEngine engine = openWanted(options, wanted);
        engine.excludeThread(Linux.threadId());
        return engine;
    }

    private static SamplingEngine openWanted(AgentOptions options, Engine wanted) throws EngineUnavailableException {
        if (wanted == Engine.GATE) {
            return gate(options);
        }
        try {
            return uprobes(options);
        } catch (BpfUnavailableException e) {
            if (wanted == Engine.UPROBE) {
                throw e;
            }
            SamplingEngine gate = gate(options);
            Console.line(insteadOfProbes(e));
            return gate;
        }
    }

    private static SamplingEngine gate(AgentOptions options) throws EngineUnavailableException {
        return GateEngine.open(GateConfig.of(options.interval()).withStackBytes(options.stackBytes()));
    }

    private static SamplingEngine uprobes(AgentOptions options) throws BpfUnavailableException {
        int ring = options.interval() < DENSE_INTERVAL ? DENSE_RING_BYTES : RING_BYTES;
        return UprobeEngine.open(UprobeConfig.of(options.interval())
                .withStackBytes(options.stackBytes())
                .withRingBytes(ring));
    }
}

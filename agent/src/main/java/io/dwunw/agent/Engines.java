// SPDX-License-Identifier: MIT
package io.dwunw.agent;

import io.dwunw.agent.bpf.BpfUnavailableException;
import io.dwunw.agent.bpf.PairEngine;
import io.dwunw.agent.bpf.UprobeConfig;
import io.dwunw.agent.bpf.UprobeEngine;
import io.dwunw.agent.engine.CombinedEngine;
import io.dwunw.agent.engine.EngineUnavailableException;
import io.dwunw.agent.engine.SamplingEngine;
import io.dwunw.agent.gate.GateConfig;
import io.dwunw.agent.gate.GateEngine;
import io.dwunw.agent.gate.GateUnavailableException;
import io.dwunw.agent.linux.FreeMemory;
import io.dwunw.agent.linux.Linux;

/** Chooses how allocations are caught. */
final class Engines {
    private Engines() {}

    /**
     * Opens what the options ask for. To be called on the thread that will drain: its own allocations are left out.
     *
     * @throws EngineUnavailableException because of what the user would have to change
     */
    static SamplingEngine open(AgentOptions options) throws EngineUnavailableException {
        SamplingEngine engine = withPairs(options, openEngine(options));
        engine.excludeThread(Linux.threadId());
        return engine;
    }

    private static SamplingEngine openEngine(AgentOptions options) throws EngineUnavailableException {
        return switch (options.engine()) {
            case AUTO -> gateElseUprobes(options);
            case GATE -> bestGate(options);
            case GATE_BPF -> GateEngine.openWithBpf(gateConfig(options));
            case GATE_SELF -> GateEngine.open(gateConfig(options));
            case UPROBE -> uprobes(options);
        };
    }

    /** Functions of the user's are probed next to any engine; where they cannot be, the rest is traced all the same. */
    private static SamplingEngine withPairs(AgentOptions options, SamplingEngine engine) {
        if (options.pairs().isEmpty()) {
            return engine;
        }
        try {
            return new CombinedEngine(engine, PairEngine.open(uprobeConfig(options), options.pairs(), Console::line));
        } catch (BpfUnavailableException e) {
            Console.line("option 'pair' has no effect: " + e.getMessage());
            return engine;
        }
    }

    private static SamplingEngine gateElseUprobes(AgentOptions options) throws EngineUnavailableException {
        try {
            return bestGate(options);
        } catch (GateUnavailableException gate) {
            try {
                SamplingEngine probes = uprobes(options);
                Console.line("sampling by kernel probes, which cost far more than the in-process gate: "
                        + gate.getMessage());
                return probes;
            } catch (BpfUnavailableException e) {
                gate.addSuppressed(e);
                throw gate;
            }
        }
    }

    /** The user loses nothing by a gate that copies by itself: no reason to say a word. */
    private static SamplingEngine bestGate(AgentOptions options) throws GateUnavailableException {
        if (UprobeEngine.certainlyMissing().isEmpty()) {
            try {
                return GateEngine.openWithBpf(gateConfig(options));
            } catch (EngineUnavailableException e) {
                return GateEngine.open(gateConfig(options));
            }
        }
        return GateEngine.open(gateConfig(options));
    }

    private static GateConfig gateConfig(AgentOptions options) {
        return GateConfig.of(options.firstInterval())
                .withStackBytes(options.stackBytes())
                .withRingBytes(ringBytes(options, FreeMemory.bytes()));
    }

    private static SamplingEngine uprobes(AgentOptions options) throws BpfUnavailableException {
        return UprobeEngine.open(uprobeConfig(options));
    }

    private static UprobeConfig uprobeConfig(AgentOptions options) {
        long freeBytes = FreeMemory.bytes();
        return UprobeConfig.of(options.firstInterval())
                .withStackBytes(options.stackBytes())
                .withRingBytes(ringBytes(options, freeBytes))
                .withLiveEntriesFor(freeBytes);
    }

    private static int ringBytes(AgentOptions options, long freeBytes) {
        return options.interval() == AgentOptions.AUTO_INTERVAL
                ? GateConfig.boundedRingBytes(GateConfig.BUDGETED_RING_BYTES, freeBytes)
                : GateConfig.ringBytesFor(options.interval(), freeBytes);
    }
}

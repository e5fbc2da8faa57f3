// SPDX-License-Identifier: MIT
package io.dwunw.agent;

import io.dwunw.agent.bpf.BpfUnavailableException;
import io.dwunw.agent.bpf.PairEngine;
import io.dwunw.agent.bpf.UprobeConfig;
import io.dwunw.agent.bpf.UprobeEngine;
import io.dwunw.agent.engine.CombinedEngine;
import io.dwunw.agent.engine.EngineUnavailableException;
import io.dwunw.agent.engine.SamplingEngine;
import io.dwunw.agent.hooks.HooksConfig;
import io.dwunw.agent.hooks.HooksEngine;
import io.dwunw.agent.hooks.HooksUnavailableException;
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
            case AUTO -> hooksElseUprobes(options);
            case HOOKS -> bestHooks(options);
            case HOOKS_BPF -> HooksEngine.openWithBpf(hooksConfig(options));
            case HOOKS_SELF -> HooksEngine.open(hooksConfig(options));
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

    private static SamplingEngine hooksElseUprobes(AgentOptions options) throws EngineUnavailableException {
        try {
            return bestHooks(options);
        } catch (HooksUnavailableException hooks) {
            try {
                SamplingEngine probes = uprobes(options);
                Console.line("sampling by kernel probes, which cost far more than the in-process hooks: "
                        + hooks.getMessage());
                return probes;
            } catch (BpfUnavailableException e) {
                hooks.addSuppressed(e);
                throw hooks;
            }
        }
    }

    /** The user loses nothing by hooks that copy by themselves: no reason to say a word. */
    private static SamplingEngine bestHooks(AgentOptions options) throws HooksUnavailableException {
        if (UprobeEngine.certainlyMissing().isEmpty()) {
            try {
                return HooksEngine.openWithBpf(hooksConfig(options));
            } catch (EngineUnavailableException e) {
                return HooksEngine.open(hooksConfig(options));
            }
        }
        return HooksEngine.open(hooksConfig(options));
    }

    private static HooksConfig hooksConfig(AgentOptions options) {
        return HooksConfig.of(options.firstInterval())
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
                ? HooksConfig.boundedRingBytes(HooksConfig.BUDGETED_RING_BYTES, freeBytes)
                : HooksConfig.ringBytesFor(options.interval(), freeBytes);
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.it.peers;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** All peers, in the order of the tables. */
final class Catalogue {
    private static final long DEFAULT_INTERVAL = 512 << 10;

    /** The agent's engines, each with a pattern of how it describes itself in a recording. */
    private enum Engine {
        HOOKS_BPF("hooks-bpf", "hooks, BPF.*"),
        HOOKS_SELF("hooks-self", "hooks, self-capture"),
        UPROBE("uprobe", "(?!hooks).+");

        private final String option;
        private final String description;

        Engine(String option, String description) {
            this.option = option;
            this.description = description;
        }
    }

    private final Jvm jvm;
    private final Path target;
    private final AgentBuild agent;

    /**
     * The peers for one JDK.
     *
     * @param target the build's directory in {@code it}
     */
    Catalogue(Jvm jvm, Path target, AgentBuild agent) {
        this.jvm = jvm;
        this.target = target;
        this.agent = agent;
    }

    List<Peer> all() {
        List<Peer> all = new ArrayList<>();
        all.add(new JvmPeer(Results.BASELINE, "no agent", List.of(), "", false));
        all.add(new JvmPeer(
                "jfr",
                "JDK Flight Recorder alone",
                List.of("-Xlog:jfr+startup=error", "-XX:StartFlightRecording:filename=%s/plain.jfr"),
                "plain.jfr",
                false));
        all.add(new JvmPeer("idle", "dwunw, no recording", List.of("-javaagent:" + agent.jar()), "", true));
        for (Engine engine : Engine.values()) {
            all.add(dwunw(engine, "", "512k", DEFAULT_INTERVAL));
        }
        all.add(dwunw(Engine.HOOKS_SELF, "-64k", "64k", DEFAULT_INTERVAL / 8));
        all.add(new DwunwPeer("auto", "dwunw, default options", "", ".+", 0, agent.jar(), jvm));
        for (Engine engine : Engine.values()) {
            all.add(dwunw(engine, "-all", "every allocation", 1));
        }
        all.add(profiler("ap", "512k", DEFAULT_INTERVAL, ""));
        all.add(profiler("ap-nofree", "512k, `nofree`", DEFAULT_INTERVAL, ",nofree"));
        all.add(profiler("ap-all", "every allocation", 1, ""));
        all.add(profiler("ap-all-nofree", "every allocation, `nofree`", 1, ",nofree"));
        all.add(tracking("summary"));
        all.add(tracking("detail"));
        all.add(new HeaptrackPeer("heaptrack", "heaptrack (raw output)"));
        all.add(new JemallocPeer("jemalloc", "jemalloc, not profiling", false));
        all.add(new JemallocPeer("jemalloc-prof", "jemalloc's profiler, 512k", true));
        return List.copyOf(all);
    }

    private Peer dwunw(Engine engine, String suffix, String interval, long bytes) {
        // A fixed interval is what makes rows comparable.
        String fixed = agent.knows("maxoverhead") ? ",maxoverhead=off" : "";
        return new DwunwPeer(
                engine.option + suffix,
                "dwunw `engine=" + engine.option + "`, " + interval,
                "interval=" + bytes + ",engine=" + engine.option + fixed,
                engine.description,
                bytes,
                agent.jar(),
                jvm);
    }

    private Peer profiler(String name, String label, long interval, String options) {
        Path library = target.resolve("compare-peers-lib").resolve("libasyncProfiler.so");
        return new AsyncProfilerPeer(name, "async-profiler `nativemem`, " + label, interval, options, library, jvm);
    }

    private static Peer tracking(String level) {
        return new JvmPeer(
                "nmt-" + level,
                "Native Memory Tracking, " + level,
                List.of(
                        "-XX:NativeMemoryTracking=" + level,
                        "-XX:+UnlockDiagnosticVMOptions",
                        "-XX:+PrintNMTStatistics"),
                "Native Memory Tracking:",
                false);
    }
}

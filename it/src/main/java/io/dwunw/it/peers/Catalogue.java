package io.dwunw.it.peers;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** All peers, in the order of the tables. */
final class Catalogue {
    private static final long DEFAULT_INTERVAL = 512 << 10;

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
        all.add(dwunw("gate", "dwunw `engine=gate`, 512k", "interval=512k,engine=gate", "gate", DEFAULT_INTERVAL));
        all.add(dwunw(
                "uprobe", "dwunw `engine=uprobe`, 512k", "interval=512k,engine=uprobe", "uprobe", DEFAULT_INTERVAL));
        all.add(new DwunwPeer("auto", "dwunw, default options", "", "", 0, agent.jar(), jvm));
        all.add(dwunw("gate-all", "dwunw `engine=gate`, every allocation", "interval=1,engine=gate", "gate", 1));
        all.add(dwunw(
                "uprobe-all", "dwunw `engine=uprobe`, every allocation", "interval=1,engine=uprobe", "uprobe", 1));
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

    private Peer dwunw(String name, String label, String options, String engine, long interval) {
        // A fixed interval is what makes rows comparable.
        String fixed = agent.knows("maxoverhead") ? options + ",maxoverhead=off" : options;
        return new DwunwPeer(name, label, fixed, engine, interval, agent.jar(), jvm);
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

// SPDX-License-Identifier: MIT
package io.dwunw.agent;

import io.dwunw.agent.bpf.AllocatorPair;
import io.dwunw.agent.budget.HeapShare;
import io.dwunw.agent.engine.JavaThreadLayout;
import io.dwunw.agent.engine.SamplingEngine;
import io.dwunw.agent.hotspot.HotSpot;
import io.dwunw.agent.hotspot.JavaFrames;
import io.dwunw.agent.hotspot.JavaFramesUnavailableException;
import io.dwunw.agent.hotspot.JavaThreads;
import io.dwunw.agent.hotspot.JvmCounter;
import io.dwunw.agent.hotspot.MemoryWindow;
import io.dwunw.agent.hotspot.RollCall;
import io.dwunw.agent.linux.CpuClock;
import io.dwunw.agent.linux.Linux;
import io.dwunw.agent.linux.OpenedByBytes;
import io.dwunw.agent.linux.SelfMemory;
import io.dwunw.agent.linux.ThreadRuns;
import io.dwunw.agent.sample.AllocatorNames;
import io.dwunw.agent.sidecar.ChangeableOptions;
import io.dwunw.agent.sidecar.DistinctErrors;
import io.dwunw.agent.sidecar.OverheadBudget;
import io.dwunw.agent.sidecar.ProcessModules;
import io.dwunw.agent.sidecar.SamplingPipeline;
import io.dwunw.agent.sidecar.UnreadFiles;
import io.dwunw.agent.stack.FrameResolver;
import io.dwunw.agent.stack.MixedStackWalker;
import io.dwunw.bytes.ReadBudget;
import io.dwunw.jfr.StackReplay;
import io.dwunw.module.LoadedModule;
import io.dwunw.module.ModuleMap;
import io.dwunw.module.ProcessImages;
import io.dwunw.symbol.Symboliser;
import io.dwunw.unwind.NativeUnwinder;
import java.lang.instrument.Instrumentation;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Wires the sidecar's parts to this process: its modules, its memory, its JVM. */
final class SamplingPipelineFactory {
    private static final String LIBJVM = "libjvm.so";

    /** Of the heap, for a frame's name in each of two tables. */
    private static final int NAME_BYTES = 800;

    private SamplingPipelineFactory() {}

    static SamplingPipeline create(
            AgentOptions options,
            ChangeableOptions changeable,
            Instrumentation instrumentation,
            SamplingEngine engine,
            StackReplay replay,
            DistinctErrors errors,
            Consumer<String> console) {
        SelfMemory memory = new SelfMemory();
        UnreadFiles unread = new UnreadFiles(console);
        ReadBudget files = ReadBudget.ofProcess();
        files.tell(unread);
        files.measureBy(new OwnTime(CpuClock.ofThread()));
        ModuleMap moduleMap = new ModuleMap(ProcessImages.ofSelf(memory, new OpenedByBytes()));
        ProcessModules modules = new ProcessModules(moduleMap, errors);
        modules.refreshIfOld();
        HotSpot hotspot = hotspot(moduleMap, memory, instrumentation);
        JavaFrames java = hotspot == null ? null : hotspot.frames();
        JavaThreads threads = hotspot == null ? JavaThreads.none() : hotspot.threads();
        if (hotspot != null) {
            engine.setJavaThreadLayout(new JavaThreadLayout(
                    hotspot.anchor().sp(),
                    hotspot.anchor().pc(),
                    hotspot.anchor().fp(),
                    hotspot.stackBase()));
            threads.listen(new TellEngine(engine));
        }
        AllocatorNames allocators = allocatorNames(options.pairs());
        MixedStackWalker walker = new MixedStackWalker(moduleMap, new NativeUnwinder(moduleMap), java, modules);
        FrameResolver names = new FrameResolver(
                walker.walkedModules(),
                new Symboliser(),
                java,
                allocators,
                options.hidden(),
                HeapShare.entries(FrameResolver.MAX_NAMES, NAME_BYTES, 16));
        OverheadBudget budget = new OverheadBudget(engine, changeable.controller(), changeable.maxOverhead(), console);
        return new SamplingPipeline(
                engine,
                modules,
                walker,
                names,
                allocators,
                threads,
                replay,
                budget,
                errors,
                unread,
                options.depth(),
                changeable,
                console);
    }

    private static AllocatorNames allocatorNames(List<AllocatorPair> pairs) {
        List<AllocatorNames.Custom> custom = new ArrayList<>();
        for (AllocatorPair pair : pairs) {
            custom.add(new AllocatorNames.Custom(pair.file(), pair.allocate()));
        }
        return new AllocatorNames(custom);
    }

    private static final class TellEngine implements JavaThreads.Listener {
        private final SamplingEngine engine;

        TellEngine(SamplingEngine engine) {
            this.engine = engine;
        }

        @Override
        public void registerJavaThread(int tid, long javaThread) {
            engine.registerJavaThread(tid, javaThread);
        }
    }

    /** Of the sidecar: what others do meanwhile is no fault of a file. */
    private static final class OwnTime implements ReadBudget.Clock {
        private final CpuClock clock;

        OwnTime(CpuClock clock) {
            this.clock = clock;
        }

        @Override
        public long nanos() {
            return clock.nanos();
        }
    }

    private static final class OwnMemory implements MemoryWindow {
        @Override
        public ByteBuffer open(long address, long length) {
            return Linux.memory(address, length);
        }
    }

    private static final class Rolls implements RollCall {
        @Override
        public @Nullable ByteBuffer begin(long[] plan) {
            return Linux.codeRolls(plan);
        }
    }

    /** CPU time of the thread that frees compiled code. */
    private static final class SweeperTime implements JvmCounter {
        private final CpuClock clock;

        SweeperTime(CpuClock clock) {
            this.clock = clock;
        }

        @Override
        public long value() {
            return clock.nanos();
        }
    }

    /** Counts the runs of JDK 17's sweeper where its CPU time cannot be asked for. */
    private static final class SweeperRuns implements JvmCounter {
        private final ThreadRuns runs;

        SweeperRuns(ThreadRuns runs) {
            this.runs = runs;
        }

        @Override
        public long value() {
            return runs.value();
        }
    }

    private static @Nullable JvmCounter sweeper() {
        CpuClock clock = CpuClock.ofThreadNamed(HotSpot.SWEEPER_THREAD);
        // A kernel that refuses to tell says 0; no thread that has started has used none.
        if (clock != null && clock.nanos() != 0) {
            return new SweeperTime(clock);
        }
        ThreadRuns runs = ThreadRuns.ofThreadNamed(HotSpot.SWEEPER_THREAD);
        return runs == null ? null : new SweeperRuns(runs);
    }

    private static @Nullable HotSpot hotspot(ModuleMap modules, SelfMemory memory, Instrumentation instrumentation) {
        try {
            for (LoadedModule module : modules.modules()) {
                if (module.name().equals(LIBJVM)) {
                    HotSpot hotspot = HotSpot.open(
                            module.lowAvma(), memory, new OwnMemory(), sweeper(), new Rolls(), instrumentation);
                    Method own = AgentMain.class.getDeclaredMethods()[0];
                    hotspot.frames().trustLoaderOf(own, Linux.methodId(own));
                    return hotspot;
                }
            }
            throw new JavaFramesUnavailableException(LIBJVM + " is not mapped");
        } catch (JavaFramesUnavailableException e) {
            Console.line("stacks end at Java code: " + e.getMessage());
            return null;
        }
    }
}

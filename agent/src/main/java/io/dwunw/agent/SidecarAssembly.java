package io.dwunw.agent;

import io.dwunw.agent.engine.JavaThreadLayout;
import io.dwunw.agent.engine.SamplingEngine;
import io.dwunw.agent.hotspot.HotSpot;
import io.dwunw.agent.hotspot.JavaFrames;
import io.dwunw.agent.hotspot.JavaFramesUnavailableException;
import io.dwunw.agent.hotspot.JavaThreads;
import io.dwunw.agent.linux.Linux;
import io.dwunw.agent.linux.SelfMemory;
import io.dwunw.agent.sample.AllocatorNames;
import io.dwunw.agent.sidecar.DistinctErrors;
import io.dwunw.agent.sidecar.ProcessModules;
import io.dwunw.agent.sidecar.SidecarParts;
import io.dwunw.agent.stack.FrameNames;
import io.dwunw.agent.stack.MixedStackWalker;
import io.dwunw.jfr.StackReplay;
import io.dwunw.module.LoadedModule;
import io.dwunw.module.ModuleMap;
import io.dwunw.module.ProcessImages;
import io.dwunw.symbol.Symboliser;
import io.dwunw.unwind.NativeUnwinder;
import java.lang.instrument.Instrumentation;
import org.jspecify.annotations.Nullable;

/** Wires the sidecar's parts to this process: its modules, its memory, its JVM. */
final class SidecarAssembly {
    private static final String LIBJVM = "libjvm.so";

    private SidecarAssembly() {}

    static SidecarParts assemble(
            AgentOptions options,
            Instrumentation instrumentation,
            SamplingEngine engine,
            StackReplay replay,
            DistinctErrors errors) {
        SelfMemory memory = new SelfMemory();
        ModuleMap moduleMap = new ModuleMap(ProcessImages.ofSelf(memory));
        ProcessModules modules = new ProcessModules(moduleMap, errors);
        modules.refreshIfOld();
        HotSpot hotspot = hotspot(moduleMap, memory, instrumentation);
        JavaFrames java = hotspot == null ? null : hotspot.frames();
        JavaThreads threads = hotspot == null ? JavaThreads.none() : hotspot.threads();
        if (hotspot != null) {
            engine.layout(new JavaThreadLayout(
                    hotspot.anchor().sp(),
                    hotspot.anchor().pc(),
                    hotspot.anchor().fp(),
                    hotspot.stackBase()));
            threads.listen(engine::javaThread);
        }
        AllocatorNames allocators = new AllocatorNames(options.pairs().stream()
                .map(pair -> new AllocatorNames.Custom(pair.file(), pair.allocate()))
                .toList());
        MixedStackWalker walker =
                new MixedStackWalker(moduleMap, new NativeUnwinder(moduleMap), java, modules::refreshAfterMiss);
        FrameNames names = new FrameNames(walker.walkedModules(), new Symboliser(), java, allocators, options.hidden());
        return new SidecarParts(
                engine, modules, walker, names, allocators, threads, replay, errors, options.depth(), options.minAge());
    }

    private static @Nullable HotSpot hotspot(ModuleMap modules, SelfMemory memory, Instrumentation instrumentation) {
        try {
            for (LoadedModule module : modules.modules()) {
                if (module.name().equals(LIBJVM)) {
                    return HotSpot.open(module.lowAvma(), memory, Linux::memory, instrumentation);
                }
            }
            throw new JavaFramesUnavailableException(LIBJVM + " is not mapped");
        } catch (JavaFramesUnavailableException e) {
            Console.line("stacks end at Java code: " + e.getMessage());
            return null;
        }
    }
}

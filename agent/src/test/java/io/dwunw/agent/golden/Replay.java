// SPDX-License-Identifier: MIT
package io.dwunw.agent.golden;

import io.dwunw.agent.hotspot.JavaFramesUnavailableException;
import io.dwunw.agent.hotspot.RecordedJava;
import io.dwunw.agent.sample.Sample;
import io.dwunw.agent.stack.FrameBuffer;
import io.dwunw.agent.stack.FrameResolver;
import io.dwunw.agent.stack.MixedStackWalker;
import io.dwunw.bytes.Bytes;
import io.dwunw.elf.ElfImage;
import io.dwunw.jfr.FrameName;
import io.dwunw.module.DebugFiles;
import io.dwunw.module.ModuleMap;
import io.dwunw.symbol.Symboliser;
import io.dwunw.unwind.NativeUnwinder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Walks recorded samples, with nothing of this machine but the walker itself. */
final class Replay {
    private static final int MAX_FRAMES = 1024;

    private final RecordedJava java;
    private final MixedStackWalker walker;
    private final Symboliser symboliser;
    private final FrameResolver names;
    private final FrameBuffer frames = new FrameBuffer(MAX_FRAMES);
    private long unloadedClasses;
    private long sampleNanos = RecordedSample.FRESH;

    /**
     * A walker as the sidecar would have been.
     *
     * @param modules false: as if no native code had unwind information
     */
    Replay(Recording recording, RecordedMemory memory, boolean modules) throws JavaFramesUnavailableException {
        java = new RecordedJava(recording.libjvm(), memory, memory, () -> unloadedClasses);
        ModuleMap map = modules ? map(recording) : new ModuleMap(module -> ElfImage.ofFile(Bytes.empty()));
        walker = new MixedStackWalker(map, new NativeUnwinder(map), java, sampleNanos -> false);
        symboliser = new Symboliser(new DebugFiles(List.of()));
        names = new FrameResolver(walker.walkedModules(), symboliser, java, false);
    }

    static Replay of(Recording recording) throws JavaFramesUnavailableException {
        return new Replay(recording, recording.memory().replay(), true);
    }

    /** The recorded modules where they were mapped. */
    static ModuleMap map(Recording recording) {
        Map<String, RecordedModule> byPath = new HashMap<>();
        StringBuilder maps = new StringBuilder();
        for (RecordedModule module : recording.modules()) {
            byPath.put("/" + module.name(), module);
            maps.append(module.maps());
        }
        ModuleMap map = new ModuleMap(module -> {
            RecordedModule recorded = byPath.get(module.path());
            byte[] file = recorded == null ? new byte[0] : recorded.file();
            return ElfImage.ofFile(Bytes.of(file, ByteOrder.LITTLE_ENDIAN));
        });
        map.update(maps);
        return map;
    }

    FrameBuffer walk(RecordedSample recorded) {
        ByteBuffer record = recorded.record(sampleNanos);
        Sample sample = new Sample();
        if (!sample.wrap(record, 0, record.capacity())) {
            throw new IllegalArgumentException("no sample: " + recorded.name());
        }
        walker.walk(sample, frames);
        return frames;
    }

    List<String> text(RecordedSample recorded) {
        return GoldenText.of(walk(recorded), names, java.kinds());
    }

    /** The names that a reader sees of a walk's frames, the hidden ones only if wanted. */
    List<FrameName> shown(RecordedSample recorded, boolean hidden) {
        walk(recorded);
        FrameResolver all = new FrameResolver(walker.walkedModules(), symboliser, java, hidden);
        List<FrameName> shown = new ArrayList<>();
        for (int i = 0; i < frames.count(); i++) {
            FrameName name = all.shown(frames.frame(i));
            if (!name.hidden()) {
                shown.add(name);
            }
        }
        return shown;
    }

    /** As if the JVM had unloaded a class just now: samples that were taken before must not be believed everything. */
    void unloadClass() {
        sampleNanos = System.nanoTime();
        unloadedClasses++;
    }
}

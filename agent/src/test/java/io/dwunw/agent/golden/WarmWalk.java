// SPDX-License-Identifier: MIT
package io.dwunw.agent.golden;

import io.dwunw.agent.hotspot.JavaCode;
import io.dwunw.agent.hotspot.JavaFramesUnavailableException;
import io.dwunw.agent.hotspot.RecordedJava;
import io.dwunw.agent.sample.Sample;
import io.dwunw.agent.stack.FrameBuffer;
import io.dwunw.agent.stack.FrameResolver;
import io.dwunw.agent.stack.MixedStackWalker;
import io.dwunw.agent.stack.StackTrace;
import io.dwunw.agent.stack.StackTraces;
import io.dwunw.module.DebugFiles;
import io.dwunw.module.ModuleMap;
import io.dwunw.symbol.Symboliser;
import io.dwunw.unwind.NativeUnwinder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * One recorded sample, walked again and again by production code alone: code heaps are direct buffers, as in the agent.
 * For benchmarks.
 */
public final class WarmWalk {
    private static final int MAX_FRAMES = 256;
    private static final int STACKS = 1024;

    private final MixedStackWalker walker;
    private final FrameResolver names;
    private final FrameBuffer frames = new FrameBuffer(MAX_FRAMES);
    private final StackTraces traces = new StackTraces(STACKS);
    private final Sample sample = new Sample();

    private WarmWalk(MixedStackWalker walker, FrameResolver names, ByteBuffer record) {
        this.walker = walker;
        this.names = names;
        if (!sample.wrap(record, 0, record.capacity())) {
            throw new IllegalArgumentException("no sample");
        }
    }

    /**
     * A recorded walk.
     *
     * @param jdk feature release of a recording
     * @param name of one of its walks
     * @throws IOException if there is no such recording
     */
    public static WarmWalk of(int jdk, String name) throws IOException, JavaFramesUnavailableException {
        Recording recording = Recording.ofJdk(jdk);
        RecordedMemory memory = recording.memory().replay();
        JavaCode java = RecordedJava.plain(recording.libjvm(), memory, (address, length) -> {
            ByteBuffer buffer = ByteBuffer.allocateDirect((int) length).order(ByteOrder.LITTLE_ENDIAN);
            memory.fill(buffer, address);
            return buffer;
        });
        ModuleMap modules = Replay.map(recording);
        MixedStackWalker walker =
                new MixedStackWalker(modules, new NativeUnwinder(modules), java, sampleNanos -> false);
        Symboliser symboliser = new Symboliser(new DebugFiles(List.of()));
        FrameResolver names = new FrameResolver(walker.walkedModules(), symboliser, java, false);
        for (RecordedSample sample : recording.samples()) {
            if (sample.name().equals(name)) {
                return new WarmWalk(walker, names, sample.record(RecordedSample.FRESH));
            }
        }
        throw new IOException("no walk " + name + " in the recording of JDK " + jdk);
    }

    /** Walks the stack. */
    public FrameBuffer walk() {
        walker.walk(sample, frames);
        return frames;
    }

    /** Walks the stack, and recognises it. */
    public StackTrace walkAndIntern() {
        return traces.intern(walk());
    }

    /** Walks the stack and names every frame. */
    public int walkAndName() {
        walk();
        int hidden = 0;
        for (int i = 0; i < frames.count(); i++) {
            hidden += names.name(frames.frame(i)).hidden() ? 1 : 0;
        }
        return hidden;
    }
}

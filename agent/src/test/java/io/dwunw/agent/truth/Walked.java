// SPDX-License-Identifier: MIT
package io.dwunw.agent.truth;

import io.dwunw.agent.engine.JavaThreadLayout;
import io.dwunw.agent.hotspot.FrameKinds;
import io.dwunw.agent.hotspot.HotSpot;
import io.dwunw.agent.hotspot.HotSpot.AnchorOffsets;
import io.dwunw.agent.hotspot.JavaFramesUnavailableException;
import io.dwunw.agent.hotspot.JavaMethod;
import io.dwunw.agent.linux.CpuClock;
import io.dwunw.agent.linux.Linux;
import io.dwunw.agent.linux.NativeLibrary;
import io.dwunw.agent.linux.NativeLibraryException;
import io.dwunw.agent.linux.SelfMemory;
import io.dwunw.agent.sample.Sample;
import io.dwunw.agent.stack.FrameBuffer;
import io.dwunw.agent.stack.FrameResolver;
import io.dwunw.agent.stack.MixedStackWalker;
import io.dwunw.agent.stack.PackedFrame;
import io.dwunw.memory.MemoryReader;
import io.dwunw.module.ModuleMap;
import io.dwunw.module.ProcessImages;
import io.dwunw.symbol.Symboliser;
import io.dwunw.unwind.NativeUnwinder;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The walk under test, wired as the sidecar wires it, and its result in the words of {@link Truth}. */
final class Walked {
    private static final int RECORD_BYTES = 1 << 20;
    private static final int MAX_FRAMES = 4096;
    /** How long the walker believes that compiled code on a stack is still there, whatever frees code meanwhile. */
    private static final long NANOS_OF_TRUST = 5_000_000;

    private static final Path MAPS = Path.of("/proc/self/maps");

    private final ModuleMap modules;
    private final HotSpot hotspot;
    private final FrameKinds java;
    private final FrameResolver names;
    private final MixedStackWalker walker;
    private final Sample sample = new Sample();
    private final FrameBuffer frames = new FrameBuffer(MAX_FRAMES);
    private boolean late;

    /** A walker that knows all modules. */
    Walked() throws IOException, NativeLibraryException, JavaFramesUnavailableException {
        this(true, new SelfMemory());
    }

    /** A walker that reads metadata through {@code memory}. */
    Walked(MemoryReader memory) throws IOException, NativeLibraryException, JavaFramesUnavailableException {
        this(true, memory);
    }

    /** @param withModules false: no native code has unwind information, so that only frame anchors lead through it */
    Walked(boolean withModules) throws IOException, NativeLibraryException, JavaFramesUnavailableException {
        this(withModules, new SelfMemory());
    }

    private Walked(boolean withModules, MemoryReader memory)
            throws IOException, NativeLibraryException, JavaFramesUnavailableException {
        NativeLibrary.load();
        modules = new ModuleMap(ProcessImages.ofSelf(new SelfMemory()));
        if (withModules) {
            modules.update(Files.readString(MAPS));
        }
        CpuClock sweeper = CpuClock.ofThreadNamed(HotSpot.SWEEPER_THREAD);
        hotspot = HotSpot.open(
                libjvm(), memory, Linux::memory, sweeper == null ? null : sweeper::nanos, Linux::codeRolls, null);
        Method own = Walked.class.getDeclaredMethods()[0];
        if (!hotspot.frames().trustLoaderOf(own, Linux.methodId(own))) {
            throw new IllegalStateException("the JVM does not know " + own);
        }
        java = new FrameKinds(hotspot.frames(), libjvm(), new SelfMemory(), Linux::memory);
        walker = new MixedStackWalker(
                modules, new NativeUnwinder(modules), java, sampleNanos -> withModules && refresh());
        names = new FrameResolver(walker.walkedModules(), new Symboliser(), java, true);
    }

    static long libjvm() throws IOException {
        try (var lines = Files.lines(MAPS)) {
            String first = lines.filter(line -> line.endsWith("/libjvm.so"))
                    .findFirst()
                    .orElseThrow();
            return Long.parseUnsignedLong(first.substring(0, first.indexOf('-')), 16);
        }
    }

    private boolean refresh() {
        try {
            return modules.update(Files.readString(MAPS));
        } catch (IOException e) {
            return false;
        }
    }

    HotSpot hotspot() {
        return hotspot;
    }

    static ByteBuffer newRecord() {
        return ByteBuffer.allocateDirect(RECORD_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Where a producer finds what it needs of a Java thread. */
    JavaThreadLayout layout() {
        AnchorOffsets anchor = hotspot.anchor();
        return new JavaThreadLayout(anchor.sp(), anchor.pc(), anchor.fp(), hotspot.stackBase());
    }

    /** Walks the stack of a sample. */
    FrameBuffer walk(Sample from) {
        walker.walk(from, frames);
        return frames;
    }

    /** Nothing is to be walked just now. */
    void idle() {
        walker.idle();
    }

    /** Walks the stack in a record. */
    FrameBuffer walk(ByteBuffer record) {
        if (!sample.wrap(record, 0, record.capacity())) {
            throw new IllegalArgumentException("no sample");
        }
        walker.walk(sample, frames);
        late = System.nanoTime() - sample.timeNanos() > NANOS_OF_TRUST;
        return frames;
    }

    /** Whether the last walk of a record came so late that code may have been freed since: it need not be complete. */
    boolean late() {
        return late;
    }

    /** The Java methods among the frames of the last walk, innermost first; null where one is unknown. */
    List<JavaFrame> javaFrames() {
        List<JavaFrame> found = new ArrayList<>();
        for (int i = 0; i < frames.count(); i++) {
            long frame = frames.frame(i);
            if (PackedFrame.kind(frame) == PackedFrame.Kind.JAVA) {
                found.add(new JavaFrame(
                        java.method(PackedFrame.methodId(frame)),
                        PackedFrame.bci(frame),
                        PackedFrame.isApproximate(frame)));
            }
        }
        return found;
    }

    /** What the frames are called. */
    FrameResolver names() {
        return names;
    }

    /** How the last walk went, in many lines. */
    String trace() {
        return java.trace();
    }

    /** What the walks went through. */
    String kinds() {
        return java.text();
    }

    /** Whether the walks went through frames of all these kinds. */
    boolean haveMet(String... kinds) {
        String met = ' ' + kinds();
        return Arrays.stream(kinds).noneMatch(kind -> met.contains(' ' + kind + "=0"));
    }

    record JavaFrame(JavaMethod method, int bci, boolean approximate) {
        /** The frames from here outwards are the carrier thread's, of which a virtual thread's truth says nothing. */
        boolean mountsVirtualThread() {
            return method.className().equals("jdk.internal.vm.Continuation")
                    && (method.methodName().equals("enterSpecial")
                            || method.methodName().equals("run"));
        }

        boolean isUnknown() {
            return method.equals(JavaMethod.UNKNOWN);
        }
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.golden;

import io.dwunw.agent.engine.JavaThreadLayout;
import io.dwunw.agent.hooks.HooksConfig;
import io.dwunw.agent.hooks.HooksEngine;
import io.dwunw.agent.hotspot.HotSpot;
import io.dwunw.agent.hotspot.JavaCode;
import io.dwunw.agent.hotspot.JavaFramesUnavailableException;
import io.dwunw.agent.hotspot.RecordedJava;
import io.dwunw.agent.linux.Linux;
import io.dwunw.agent.linux.NativeLibrary;
import io.dwunw.agent.linux.SelfMemory;
import io.dwunw.agent.sample.Sample;
import io.dwunw.agent.stack.FrameBuffer;
import io.dwunw.agent.stack.FrameResolver;
import io.dwunw.agent.stack.MixedStackWalker;
import io.dwunw.agent.stack.PackedFrame;
import io.dwunw.dwarf.CallFrameInfo;
import io.dwunw.dwarf.Fde;
import io.dwunw.elf.BuildId;
import io.dwunw.elf.ElfImage;
import io.dwunw.module.LoadedModule;
import io.dwunw.module.ModuleMap;
import io.dwunw.module.ProcessImages;
import io.dwunw.symbol.Symbol;
import io.dwunw.symbol.Symboliser;
import io.dwunw.unwind.FrameAddress;
import io.dwunw.unwind.NativeUnwinder;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Records walks in this very JVM, and checks that the recording replays to the same text: {@code agent/record-golden}
 * runs it. Arguments: the native library, the path of the recording, the path of the text, classes with more scenarios.
 */
public final class Recorder {
    private static final int STACK_BYTES = 64 << 10;
    private static final int RING_BYTES = 64 << 20;
    private static final int MAX_FRAMES = 1024;
    private static final int MAX_LOOKS = 100;
    private static final long LOOK_MILLIS = 25;
    private static final Path MAPS = Path.of("/proc/self/maps");

    private final SelfMemory self = new SelfMemory();
    private final RecordedMemory memory = RecordedMemory.of(self);
    private final ModuleMap modules = new ModuleMap(ProcessImages.ofSelf(self));
    private final Symboliser symboliser = new Symboliser();
    private final FrameBuffer frames = new FrameBuffer(MAX_FRAMES);
    private final Map<LoadedModule, SmallElf> files = new LinkedHashMap<>();
    private final List<RecordedSample> samples = new ArrayList<>();
    private final List<String> text = new ArrayList<>();
    private final HooksEngine engine;
    private final HotSpot hotspot;
    private final long libjvm;
    private final RecordedJava java;
    private final MixedStackWalker walker;
    private final FrameResolver names;

    private Recorder() throws Exception {
        NativeLibrary.load();
        modules.update(Files.readString(MAPS));
        libjvm = modules.modules().stream()
                .filter(module -> module.name().equals("libjvm.so"))
                .findFirst()
                .orElseThrow()
                .lowAvma();
        hotspot = HotSpot.open(libjvm, self, Linux::memory, null, null, null);
        java = new RecordedJava(libjvm, memory, memory, () -> 0);
        walker = new MixedStackWalker(modules, new NativeUnwinder(modules), java, sampleNanos -> refresh());
        names = new FrameResolver(walker.walkedModules(), symboliser, java, false);
        engine = HooksEngine.open(new HooksConfig(1, STACK_BYTES, RING_BYTES));
        engine.setJavaThreadLayout(new JavaThreadLayout(
                hotspot.anchor().sp(), hotspot.anchor().pc(), hotspot.anchor().fp(), hotspot.stackBase()));
    }

    private boolean refresh() {
        try {
            return modules.update(Files.readString(MAPS));
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Records all scenarios.
     *
     * @param arguments see the class
     */
    public static void main(String[] arguments) throws Throwable {
        Natives.load(arguments[0]);
        List<Scenario> scenarios = new ArrayList<>(Scenarios.all());
        for (String more : Arrays.asList(arguments).subList(3, arguments.length)) {
            Object added = Class.forName(more).getDeclaredMethod("all").invoke(null);
            scenarios.addAll(Arrays.asList((Scenario[]) added));
        }
        Recorder recorder = new Recorder();
        for (Scenario scenario : scenarios) {
            recorder.record(scenario);
        }
        recorder.finish(Path.of(arguments[1]), Path.of(arguments[2]));
        System.exit(0);
    }

    private void record(Scenario scenario) throws Throwable {
        run(scenario.name(), scenario.warmUp());
        run(scenario.name(), () -> {
            int tid = Linux.threadId();
            engine.registerJavaThread(tid, javaThread(tid));
            engine.attach();
            scenario.run().run();
            engine.detach();
        });
        List<RecordedSample> meant = new ArrayList<>();
        engine.samples()
                .drain(
                        sample -> {
                            if (sample.isAllocation() && scenario.isMeant(sample.size())) {
                                meant.add(RecordedSample.of(scenario.name(), sample));
                            }
                        },
                        Integer.MAX_VALUE);
        if (meant.isEmpty()) {
            throw new IllegalStateException("no sample of " + scenario);
        }
        walk(meant.get(0));
    }

    /** Looking is done once in a while only. */
    private long javaThread(int tid) throws InterruptedException {
        for (int i = 0; i < MAX_LOOKS; i++) {
            long found = hotspot.threads().javaThread(tid);
            if (found != 0) {
                return found;
            }
            Thread.sleep(LOOK_MILLIS);
        }
        throw new IllegalStateException("this thread is not known as a Java thread");
    }

    /** On a thread of its own, so that the stack has all that a thread's stack has. */
    private static void run(String name, Scenario.Body body) throws Throwable {
        List<Throwable> failures = new ArrayList<>();
        Thread thread = new Thread(
                () -> {
                    try {
                        body.run();
                    } catch (Throwable e) {
                        failures.add(e);
                    }
                },
                name);
        thread.start();
        thread.join();
        if (!failures.isEmpty()) {
            throw failures.get(0);
        }
    }

    private void walk(RecordedSample recorded) {
        ByteBuffer record = recorded.record(RecordedSample.FRESH);
        Sample sample = new Sample();
        if (!sample.wrap(record, 0, record.capacity())) {
            throw new IllegalStateException("no sample: " + recorded.name());
        }
        refresh();
        walkAfresh(recorded, new Sample());
        walker.walk(sample, frames);
        samples.add(recorded);
        text.add(recorded.name() + ": " + frames.count() + " frames");
        text.addAll(GoldenText.of(frames, names, java.kinds()));
        text.add("");
        for (int i = 0; i < frames.count(); i++) {
            long frame = frames.frame(i);
            if (PackedFrame.kind(frame) == PackedFrame.Kind.NATIVE) {
                noteNative(frame);
            }
        }
    }

    /** So that all is recorded that a walker reads to whom this is the first of all stacks. */
    private void walkAfresh(RecordedSample recorded, Sample sample) {
        try {
            ByteBuffer record = recorded.record(RecordedSample.FRESH);
            sample.wrap(record, 0, record.capacity());
            JavaCode fresh = new RecordedJava(libjvm, memory, memory, () -> 0);
            new MixedStackWalker(modules, new NativeUnwinder(modules), fresh, sampleNanos -> refresh())
                    .walk(sample, frames);
            // One to whom a class seems to have been unloaded since.
            long[] unloaded = {0};
            JavaCode doubting = new RecordedJava(libjvm, memory, memory, () -> unloaded[0]);
            ByteBuffer old = recorded.record(System.nanoTime());
            unloaded[0]++;
            sample.wrap(old, 0, old.capacity());
            new MixedStackWalker(modules, new NativeUnwinder(modules), doubting, sampleNanos -> refresh())
                    .walk(sample, frames);
        } catch (JavaFramesUnavailableException e) {
            throw new IllegalStateException(e);
        }
    }

    private void noteNative(long frame) {
        LoadedModule module = walker.walkedModules().find(PackedFrame.moduleId(frame));
        ElfImage image = module == null ? null : module.image();
        if (module == null || image == null) {
            throw new IllegalStateException("a frame without a module");
        }
        SmallElf file = files.computeIfAbsent(module, absent -> new SmallElf(image, buildId(absent)));
        long lookup = FrameAddress.lookup(PackedFrame.svma(frame), PackedFrame.isReturnAddress(frame));
        CallFrameInfo cfi = module.cfi();
        @Nullable Fde fde = cfi == null ? null : cfi.find(lookup);
        if (fde != null) {
            file.add(fde);
        }
        Symbol symbol = symboliser.symbolise(module, lookup);
        if (symbol.isKnown()) {
            file.addFunction(lookup - symbol.offset(), symbol.mangled(), symbol.exact() ? symbol.offset() + 1 : 0);
        }
    }

    private static String buildId(LoadedModule module) {
        BuildId id = module.buildId();
        return id == null ? "" : id.hex();
    }

    private void finish(Path recordingPath, Path textPath) throws Exception {
        engine.close();
        List<RecordedModule> recorded = new ArrayList<>();
        List<String> head = new ArrayList<>();
        head.add("JDK " + System.getProperty("java.vm.version"));
        files.entrySet().stream()
                .sorted(Comparator.comparing(file -> file.getKey().lowAvma()))
                .forEach(entry -> {
                    LoadedModule module = entry.getKey();
                    head.add("module " + module.name() + " " + buildId(module));
                    recorded.add(RecordedModule.of(
                            module,
                            buildId(module),
                            recorded.size() + 1,
                            entry.getValue().build()));
                });
        head.add("");
        text.addAll(0, head);
        Recording recording = new Recording(System.getProperty("java.vm.version"), libjvm, memory, recorded, samples);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        recording.write(bytes);
        List<String> replayed = GoldenWalks.replay(Recording.read(new ByteArrayInputStream(bytes.toByteArray())));
        if (!replayed.equals(text)) {
            Files.write(Path.of(textPath + ".replayed"), replayed);
            Files.write(textPath, text);
            throw new IllegalStateException("the recording does not replay to what was walked: see " + textPath);
        }
        Files.write(recordingPath, bytes.toByteArray());
        Files.write(textPath, text);
        System.out.println(recordingPath + ": " + bytes.size() + " bytes, " + samples.size() + " walks, "
                + memory.bytes() + " bytes of memory");
    }
}

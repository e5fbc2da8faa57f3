// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.ProtectionDomain;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import jdk.jfr.Recording;
import net.bytebuddy.jar.asm.ClassReader;
import net.bytebuddy.jar.asm.ClassWriter;
import org.jspecify.annotations.Nullable;

/** A program with an agent that publishes, started by tests in a JVM of its own. */
public final class ChildProgram {
    /** Frames of the deep stack. */
    static final int DEEP = 150;

    private static final List<FrameName> DEEP_STACK = deepStack();

    /** Calls the functions in other orders, so that their classes come from several loaders. */
    static final List<List<FrameName>> STACKS = List.of(
            ChunkEndPublisher.STACK,
            List.of(function("f"), function("h"), function("root")),
            List.of(function("f"), function("g"), function("h"), function("root")),
            List.of(function("f"), function("g"), function("root")),
            List.of(function("g"), function("f"), function("g"), function("h"), function("root")),
            List.of(
                    function("std::vector<int>::push_back(int&&)"),
                    function("operator new[](unsigned long)"),
                    FrameName.ofJava("java.util.List", "<init>", "(Ljava/lang/Object;[[I)V", 7, "List.<init>"),
                    FrameName.ofJava("com.acme.Main$$Lambda/0x01", "lambda$main$0", "()V", 8, "lambda"),
                    function("root")),
            DEEP_STACK);

    private static @Nullable Instrumentation instrumentation;

    private static @Nullable QueuePublisher queue;
    private static @Nullable StackReplay replay;

    private ChildProgram() {}

    static FrameName function(String name) {
        return FrameName.ofNative("libfoo.so.1", name, name + "+0x10 (libfoo.so.1)");
    }

    private static List<FrameName> deepStack() {
        List<FrameName> frames = new ArrayList<>();
        for (int i = 0; i < DEEP; i++) {
            frames.add(function("deep" + i));
        }
        return frames;
    }

    /** The agent: {@code internal}, {@code jmx} or {@code none}, the way to raise the depth. */
    public static void premain(String arguments, Instrumentation instrumentation) {
        ChildProgram.instrumentation = instrumentation;
        long start = System.nanoTime();
        int depth = arguments.equals("none")
                ? RecordingDepth.DEFAULT
                : RecordingDepth.raise(256, arguments.equals("jmx") ? null : instrumentation);
        System.out.println("depth=" + depth + " in " + (System.nanoTime() - start) / 1000 + " us");
        StackReplay leaks = new StackReplay(depth);
        ChunkEndPublisher publisher = new ChunkEndPublisher(leaks);
        RecordingHooks.install(
                wanted -> System.out.println("wanted=" + wanted),
                publisher.chunkEnd(),
                () -> new AgentStatisticsEvent().commit());
        publisher.start();
        replay = new StackReplay(depth);
        queue = QueuePublisher.started(replay);
    }

    /** Publishes, and ends as the first argument says. */
    public static void main(String[] arguments) throws Exception {
        QueuePublisher publisher = queue;
        StackReplay stacks = replay;
        if (publisher == null || stacks == null) {
            throw new IllegalStateException("not started as an agent");
        }
        switch (arguments[0]) {
            case "publish" -> publishAll(publisher, stacks);
            case "chunks" -> fillChunks(publisher, stacks);
            case "transform" -> {
                publishAll(publisher, stacks);
                transformReplayClasses();
                publishAll(publisher, stacks);
            }
            case "churn" -> churn(publisher, stacks);
            case "exit" -> System.exit(3);
            default -> throw new IllegalArgumentException(arguments[0]);
        }
        publisher.await();
        System.out.println("later=" + RecordingDepth.raise(512, instrumentation));
        System.out.println("failures=" + stacks.failures() + publisher.failures());
    }

    private static void publishAll(QueuePublisher publisher, StackReplay replay) throws Exception {
        for (List<FrameName> frames : STACKS) {
            ReplayableStack stack = replay.prepare(frames);
            publisher.put(new Publication(event(stack), stack));
        }
        NativeFreeEvent free = new NativeFreeEvent();
        free.address = 0x7f0000001000L;
        free.size = 4096;
        free.lifetime = 1_500_000;
        publisher.put(new Publication(free, null));
        publisher.await();
    }

    private static NativeAllocationEvent event(ReplayableStack stack) {
        NativeAllocationEvent event = new NativeAllocationEvent();
        event.address = 0x7f0000001000L;
        event.size = 4096;
        event.weight = 512 * 1024;
        event.allocator = "malloc";
        event.allocatingThread = Thread.currentThread();
        event.osThreadId = 4711;
        event.osThreadName = "main";
        event.stackState = "complete";
        event.frames = stack.text();
        return event;
    }

    private static void fillChunks(QueuePublisher publisher, StackReplay replay) throws Exception {
        String text = "x".repeat(10_000);
        for (int i = 0; i < 800; i++) {
            ReplayableStack stack = replay.prepare(STACKS.get(i % STACKS.size()));
            NativeAllocationEvent event = event(stack);
            event.frames = i + text; // JFR keeps equal texts once
            publisher.put(new Publication(event, stack));
            publisher.await();
            Thread.sleep(5);
        }
    }

    /** Starts, dumps and stops recordings on several threads while new stacks are published. */
    private static void churn(QueuePublisher publisher, StackReplay replay) throws Exception {
        List<Thread> threads = new ArrayList<>();
        AtomicLong longest = new AtomicLong();
        for (int i = 0; i < 3; i++) {
            Thread thread = new Thread(() -> recordAgainAndAgain(longest));
            thread.start();
            threads.add(thread);
        }
        for (int i = 0; threads.stream().anyMatch(Thread::isAlive); i++) {
            ReplayableStack stack = replay.prepare(List.of(function("f" + i), function("g" + i % 100)));
            publisher.put(new Publication(event(stack), stack));
            publisher.await();
        }
        System.out.println("longest stop or dump in ms: <" + longest.get() / 1_000_000 + ">");
    }

    private static void recordAgainAndAgain(AtomicLong longest) {
        try {
            Path file = Files.createTempFile("dwunw-test", ".jfr");
            for (int i = 0; i < 5; i++) {
                try (Recording recording = new Recording()) {
                    recording.start();
                    Thread.sleep(20);
                    long start = System.nanoTime();
                    recording.dump(file);
                    recording.stop();
                    long took = System.nanoTime() - start;
                    longest.accumulateAndGet(took, Math::max);
                }
            }
            Files.delete(file);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static void transformReplayClasses() throws Exception {
        Instrumentation tool = instrumentation;
        if (tool == null) {
            throw new IllegalStateException("not started as an agent");
        }
        tool.addTransformer(new Rewriter(), true);
        int count = 0;
        for (Class<?> loaded : tool.getAllLoadedClasses()) {
            if (loaded.getClassLoader() instanceof ReplayLoader && !loaded.isInterface()) {
                tool.retransformClasses(loaded);
                count++;
            }
        }
        System.out.println("transformed=" + (count > 0));
    }

    /** Writes every replay class anew, as agents do that instrument everything. */
    private static final class Rewriter implements ClassFileTransformer {
        @Override
        public byte @Nullable [] transform(
                @Nullable ClassLoader loader,
                String className,
                @Nullable Class<?> redefined,
                @Nullable ProtectionDomain domain,
                byte[] classFile) {
            if (!(loader instanceof ReplayLoader)) {
                return null;
            }
            ClassWriter out = new ClassWriter(0);
            new ClassReader(classFile).accept(out, 0);
            return out.toByteArray();
        }
    }
}

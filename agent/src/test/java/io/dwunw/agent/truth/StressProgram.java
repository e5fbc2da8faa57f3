// SPDX-License-Identifier: MIT
package io.dwunw.agent.truth;

import io.dwunw.agent.hooks.HooksConfig;
import io.dwunw.agent.hooks.HooksEngine;
import io.dwunw.agent.linux.Linux;
import io.dwunw.agent.linux.SelfMemory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.Deflater;

/**
 * A JVM in which nothing lasts: classes are loaded, compiled, unloaded and replaced, also in the middle of walks,
 * compiled code is flushed and deoptimised, threads die, while every allocation of a kilobyte is sampled by the hooks
 * and its stack walked by another thread. Arguments: the library, seconds, the seed, perhaps a class with more ways of
 * calling for virtual threads.
 */
final class StressProgram {
    private static final int INTERVAL_BYTES = 1024;
    private static final int MAX_DEPTH = 15;
    /** Of stacks of nothing but classes that are about to be unloaded. */
    private static final int MAX_THROWAWAY_DEPTH = 40;

    private static final int ALLOCATIONS_AT_A_LEAF = 6;

    private static final int MAX_MILLIS_BETWEEN_COLLECTIONS = 700;
    /**
     * So many classes take the place of those that were unloaded in the middle of a walk, or as many as can in that
     * time.
     */
    private static final int CLASSES_TO_LOAD = 60;

    private static final long MAX_NANOS_TO_LOAD = 10_000_000;
    private static final long NANOS_BETWEEN_LOOKS = 100_000;
    private static final int SAMPLES_OF_A_THREAD = 60;
    private static final int DRAIN_LIMIT = 64;
    /** As much as the walker may be behind, so that most stacks are as fresh as in a program that samples less. */
    private static final int MAX_BACKLOG = 1 << 20;

    private static final int WARM_CALLS = 600;
    private static final long IDLE_NANOS = 1_000_000;
    private static final long NANOS_BETWEEN_REFRESHES = 50_000_000;

    private final Tickets tickets = new Tickets();
    private final AtomicLong seeds;
    private final Step[] steps;
    private final Throwaways throwaways;
    private volatile boolean over;
    private volatile boolean behind;
    private final LongAdder sink = new LongAdder();

    private StressProgram(long seed, Step[] steps, Throwaways throwaways) {
        seeds = new AtomicLong(seed);
        this.steps = steps;
        this.throwaways = throwaways;
    }

    public static void main(String[] arguments) throws Throwable {
        Leaf.load(arguments[0]);
        long seconds = Long.parseLong(arguments[1]);
        Throwaways throwaways = new Throwaways();
        Step throwaway = (descent, depth) -> throwaways.next().go(descent, depth);
        List<Step> steps = new ArrayList<>(Arrays.asList(Calls.all()));
        steps.addAll(List.of(throwaway, throwaway));
        long seed = Long.parseLong(arguments[2]);
        StressProgram program = new StressProgram(seed, steps.toArray(Step[]::new), throwaways);
        Random random = new Random(seed);
        List<Thread> workers = new ArrayList<>();
        workers.add(program.worker("dying threads", program::startOne));
        workers.add(program.worker("code", () -> program.warm(throwaways.next())));
        workers.add(program.worker("unloaded", program::startThrowaways));
        workers.add(program.worker("gc", () -> {
            Thread.sleep(random.nextInt(MAX_MILLIS_BETWEEN_COLLECTIONS));
            System.gc();
        }));
        workers.add(program.worker("replacement", () -> {
            Thread.sleep(400);
            Retransformer.retransform(Calls.class, Descent.class, TreeMap.class);
        }));
        workers.add(program.worker("library", program::useLibrary));
        if (arguments.length > 3) {
            Step[] virtual = (Step[])
                    Class.forName(arguments[3]).getDeclaredMethod("all").invoke(null);
            workers.add(program.worker("virtual threads", () -> program.startVirtual(virtual)));
        }
        System.exit(program.watch(workers, seconds) ? 0 : 1);
    }

    /** Walks all samples of that many seconds. */
    private boolean watch(List<Thread> workers, long seconds) throws Exception {
        DisturbedMemory memory = new DisturbedMemory(new SelfMemory(), seeds.get());
        Walked walked = new Walked(memory);
        StressChecker checker = new StressChecker(walked, tickets);
        try (HooksEngine engine = HooksEngine.open(HooksConfig.of(INTERVAL_BYTES))) {
            engine.excludeThread(Linux.threadId());
            engine.setJavaThreadLayout(walked.layout());
            walked.hotspot().threads().listen(engine::registerJavaThread);
            engine.attach();
            workers.forEach(Thread::start);
            memory.disturbBy(this::unloadAndLoad);
            long end = System.nanoTime() + seconds * 1_000_000_000L;
            long refreshed = 0;
            while (System.nanoTime() < end) {
                if (engine.samples().drain(checker, DRAIN_LIMIT) == 0) {
                    walked.idle();
                    LockSupport.parkNanos(IDLE_NANOS);
                }
                behind = engine.backlog() > MAX_BACKLOG;
                if (System.nanoTime() - refreshed > NANOS_BETWEEN_REFRESHES) {
                    walked.hotspot().threads().refresh();
                    refreshed = System.nanoTime();
                }
            }
            over = true;
            engine.detach();
            engine.samples().drain(checker, Integer.MAX_VALUE);
        }
        for (Thread worker : workers) {
            worker.join();
        }
        System.out.println(checker.result() + " taken=" + tickets.taken() + " " + walked.kinds());
        return checker.wrong() == 0;
    }

    private interface Work {
        void once() throws Throwable;
    }

    private Thread worker(String name, Work work) {
        Thread thread = new Thread(() -> repeat(work), name);
        thread.setDaemon(true);
        thread.setUncaughtExceptionHandler((failed, reason) -> {
            reason.printStackTrace(System.out);
            System.exit(2);
        });
        return thread;
    }

    private void repeat(Work work) {
        while (!over) {
            try {
                work.once();
            } catch (RuntimeException | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private void startOne() throws InterruptedException {
        Thread thread = new Thread(() -> descend(steps, MAX_DEPTH), "dies");
        thread.start();
        thread.join();
    }

    /** Deep stacks of equal classes of which none is used twice. */
    private void startThrowaways() throws InterruptedException {
        Step[] ways = {(descent, depth) -> throwaways.next().go(descent, depth)};
        Thread thread = new Thread(() -> descend(ways, MAX_THROWAWAY_DEPTH), "unloaded");
        thread.start();
        thread.join();
    }

    /** What the walker fears: while it reads, classes go, and others take their place. */
    private void unloadAndLoad() {
        System.gc();
        int before = throwaways.made();
        long end = System.nanoTime() + MAX_NANOS_TO_LOAD;
        while (throwaways.made() - before < CLASSES_TO_LOAD && System.nanoTime() < end) {
            LockSupport.parkNanos(NANOS_BETWEEN_LOOKS);
        }
    }

    private void startVirtual(Step[] more) throws Exception {
        Step[] all = Arrays.copyOf(steps, steps.length + more.length);
        System.arraycopy(more, 0, all, steps.length, more.length);
        Runnable body = () -> descend(all, MAX_DEPTH);
        ((Thread) Thread.class.getMethod("startVirtualThread", Runnable.class).invoke(null, body)).join();
    }

    private void descend(Step[] ways, int depth) {
        Descent descent = new Descent(seeds.incrementAndGet(), ways, () -> allocateSome(tickets));
        for (int i = 0; i < SAMPLES_OF_A_THREAD && !over; i++) {
            try {
                descent.sample(depth);
            } catch (RuntimeException | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private void allocateSome(Tickets tickets) {
        for (int i = 0; i < ALLOCATIONS_AT_A_LEAF; i++) {
            allocate(tickets);
        }
    }

    /** Both calls stand in one line, so that the truth knows the line of the allocation. */
    private void allocate(Tickets tickets) {
        while (behind && !over) {
            LockSupport.parkNanos(IDLE_NANOS);
        }
        Leaf.allocate(tickets.take(List.of(new Throwable().getStackTrace())));
    }

    /** Makes compiled code that is soon good for nothing. */
    private void warm(Step step) throws Throwable {
        Descent idle = new Descent(1, new Step[0], sink::increment);
        for (int i = 0; i < WARM_CALLS; i++) {
            step.go(idle, 0);
        }
        new Descent(1, new Step[] {step}, () -> allocate(tickets)).sample(3);
    }

    private void useLibrary() {
        Deflater deflater = new Deflater();
        deflater.setInput(new byte[50_000]);
        deflater.finish();
        sink.add(deflater.deflate(new byte[1000]));
        deflater.end();
        sink.add(ByteBuffer.allocateDirect(20_000).capacity());
        LockSupport.parkNanos(IDLE_NANOS);
    }
}

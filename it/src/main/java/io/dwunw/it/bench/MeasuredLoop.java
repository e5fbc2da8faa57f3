// SPDX-License-Identifier: MIT
package io.dwunw.it.bench;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Runs the same work on several threads, first to warm up, then measured, and prints what an operation costs. */
final class MeasuredLoop {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private static final long SLICE_MILLIS = 20;
    /** How many times longer than asked for, on a busy machine. */
    private static final long LONGEST_WARMUP = 10;

    private final Phases phases;
    private final List<Moment> moments = new ArrayList<>();
    private final CyclicBarrier together;

    /** A batch of operations, long enough to make reading the clock cheap; well under a millisecond. */
    interface Batch {
        /** Bytes that the batch asked an allocator for. */
        long run() throws Throwable;
    }

    private record Moment(long epochMillis, long processNanos) {
        static Moment now() {
            return new Moment(System.currentTimeMillis(), ProcessFigures.cpuNanos());
        }
    }

    private record Tally(long batches, long bytes, long wallNanos, long cpuNanos) {
        Tally plus(Tally other) {
            return new Tally(
                    batches + other.batches,
                    bytes + other.bytes,
                    wallNanos + other.wallNanos,
                    cpuNanos + other.cpuNanos);
        }
    }

    private MeasuredLoop(Phases phases) {
        this.phases = phases;
        this.together = new CyclicBarrier(phases.threads(), () -> moments.add(Moment.now()));
    }

    /**
     * Measures and prints.
     *
     * @param batches gives each thread a batch of its own
     * @param operations in one batch
     */
    static void run(Phases phases, int operations, Callable<Batch> batches) throws Exception {
        Readiness.await();
        System.out.println(new MeasuredLoop(phases).measure(operations, batches));
    }

    private String measure(int operations, Callable<Batch> batches) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(phases.threads());
        try {
            List<Future<Tally>> running = new ArrayList<>();
            for (int i = 0; i < phases.threads(); i++) {
                running.add(pool.submit(() -> work(batches.call())));
            }
            Tally sum = new Tally(0, 0, 0, 0);
            for (Future<Tally> each : running) {
                sum = sum.plus(each.get());
            }
            return line(sum, operations);
        } finally {
            pool.shutdownNow();
        }
    }

    private Tally work(Batch batch) throws Exception {
        // By CPU time: on a busy machine a second is not enough to be compiled.
        long warm = THREADS.getCurrentThreadCpuTime() + phases.warmupMillis() * 1_000_000;
        long last = System.nanoTime() + phases.warmupMillis() * LONGEST_WARMUP * 1_000_000;
        while (THREADS.getCurrentThreadCpuTime() < warm && System.nanoTime() < last) {
            spin(batch, SLICE_MILLIS);
        }
        together.await();
        Tally tally = spin(batch, phases.measuredMillis());
        together.await();
        return tally;
    }

    /** One method for both phases, so that what is measured is what was compiled. */
    private static Tally spin(Batch batch, long millis) throws Exception {
        long cpu = THREADS.getCurrentThreadCpuTime();
        long start = System.nanoTime();
        long now = start;
        long batches = 0;
        long bytes = 0;
        try {
            while (now - start < millis * 1_000_000) {
                bytes += batch.run();
                batches++;
                now = System.nanoTime();
            }
        } catch (Exception | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
        return new Tally(batches, bytes, now - start, THREADS.getCurrentThreadCpuTime() - cpu);
    }

    private String line(Tally sum, int operations) {
        double total = (double) sum.batches * operations;
        long process = moments.get(1).processNanos - moments.get(0).processNanos;
        return String.format(
                Locale.ROOT,
                "cpu=%.3f wall=%.3f process=%.3f operations=%.0f bytes=%d from=%d until=%d rss=%d",
                sum.cpuNanos / total,
                sum.wallNanos / total,
                process / total,
                total,
                sum.bytes,
                moments.get(0).epochMillis,
                moments.get(1).epochMillis,
                ProcessFigures.peakResidentKib());
    }
}

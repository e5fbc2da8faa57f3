// SPDX-License-Identifier: MIT
package io.dwunw.agent.hooks;

import io.dwunw.agent.bpf.BpfCounters;
import io.dwunw.agent.bpf.BpfUnavailableException;
import io.dwunw.agent.bpf.HookProbes;
import io.dwunw.agent.bpf.UprobeConfig;
import io.dwunw.agent.engine.EngineCounters;
import io.dwunw.agent.engine.JavaThreadLayout;
import io.dwunw.agent.engine.SamplingEngine;
import io.dwunw.agent.linux.Doorbell;
import io.dwunw.agent.linux.Errno;
import io.dwunw.agent.linux.Kernel;
import io.dwunw.agent.linux.Linux;
import io.dwunw.agent.linux.NativeLibrary;
import io.dwunw.agent.linux.NativeLibraryException;
import io.dwunw.agent.ringbuf.SampleHandler;
import io.dwunw.agent.ringbuf.SampleSource;
import io.dwunw.agent.sample.Allocator;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Samples allocations inside this process: everything between "off" and "on". Needs no privilege.
 *
 * <p>A process has one set of hooks, so only one engine can be open. What the hooks have mapped (their queue, tables
 * and thread blocks) is kept for the next one when an engine is closed, because threads may still be running through
 * it. Thread-safe, except that one thread at a time drains {@link #samples()}.
 */
public final class HooksEngine implements SamplingEngine {
    /** How often libraries are looked for that were loaded past the wrapper of {@code dlopen}. */
    private static final long VERIFY_NANOS = 100_000_000L;

    /** Measured by the benchmarks: 0.4 to 0.7 ns for a pair of calls in all. */
    private static final long CALL_PICOS = 350;

    private static final long SAMPLE_NANOS = 600;

    private static final AtomicBoolean OPEN = new AtomicBoolean();

    /** Of the hooks themselves; null where a BPF program copies. */
    private final @Nullable HooksQueue queue;

    private final @Nullable HookProbes probes;
    private final Doorbell bell = new Doorbell(Kernel.RUNNING, Linux.memory(HooksNative.bellAddress(), Doorbell.BYTES));
    private final BpfCounters kernelSnapshot = new BpfCounters();
    private final HooksCounters snapshot = new HooksCounters();
    private boolean attached;
    private boolean closed;
    private volatile long verifiedAt = System.nanoTime();

    /** Where the copies of stacks are, made by wrappers or by a BPF program. */
    private final SampleSource copied;

    private final SampleSource samples = new SampleSource() {
        @Override
        public int drain(SampleHandler handler, int limit) {
            return HooksEngine.this.drain(handler, limit);
        }

        @Override
        public void lookAhead(SampleHandler handler) {
            copied.lookAhead(handler);
        }

        @Override
        public long room() {
            return copied.room();
        }

        @Override
        public long produced() {
            return copied.produced();
        }

        @Override
        public long consumed() {
            return copied.consumed();
        }

        @Override
        public long capacity() {
            return copied.capacity();
        }

        @Override
        public boolean crowded() {
            return copied.crowded();
        }
    };

    private HooksEngine(HooksQueue queue) {
        this.queue = queue;
        this.probes = null;
        this.copied = queue;
    }

    private HooksEngine(HookProbes probes) {
        this.queue = null;
        this.probes = probes;
        this.copied = probes.samples();
    }

    /** Functions that are looked up before the first recording must be seen in it: those who asked may keep them. */
    private HooksEngine watching() {
        HooksNative.watch(true);
        return this;
    }

    /**
     * Prepares everything; only slots of functions that open libraries and look into them are patched yet. The hooks
     * copies stacks by itself, which needs no privilege.
     *
     * @throws HooksUnavailableException if this process cannot have the hooks, or has one open
     */
    public static HooksEngine open(HooksConfig config) throws HooksUnavailableException {
        prepare(config, config.ringBytes());
        HooksQueue queue = HooksQueue.at(HooksNative.queueAddress());
        // What an earlier engine left behind.
        while (queue.drain(SampleHandler.FORGET, Integer.MAX_VALUE) > 0) {}
        return new HooksEngine(queue).watching();
    }

    /**
     * As {@link #open}, but stacks are copied by a BPF program at the hooks' probe points.
     *
     * @throws HooksUnavailableException if this process cannot have the hooks, or has one open
     * @throws BpfUnavailableException if this process cannot have the program
     */
    public static HooksEngine openWithBpf(HooksConfig config)
            throws HooksUnavailableException, BpfUnavailableException {
        UprobeConfig kernel = UprobeConfig.of(config.intervalBytes())
                .withStackBytes(config.stackBytes())
                .withRingBytes(config.ringBytes());
        prepare(config.withStackBytes(HookProbes.stackBytes(kernel)), 0);
        try {
            Optional<Path> library = NativeLibrary.file();
            if (library.isEmpty()) {
                throw new HooksUnavailableException("the agent's own library could not be kept open", null);
            }
            long[] points = {HooksNative.probePoint(true), HooksNative.probePoint(false)};
            HookProbes probes = HookProbes.open(kernel, library.get(), points, new ProbedCode(points[1]));
            return new HooksEngine(probes).watching();
        } catch (HooksUnavailableException | BpfUnavailableException | RuntimeException e) {
            OPEN.set(false);
            throw e;
        }
    }

    private record ProbedCode(long freeProbePoint) implements HookProbes.Target {
        @Override
        public void pass() {
            HooksNative.passProbePoint();
        }

        @Override
        public byte firstByte() {
            byte[] code = new byte[1];
            Linux.readMemory(freeProbePoint, code, 0, 1);
            return code[0];
        }
    }

    private static void prepare(HooksConfig config, int queueBytes) throws HooksUnavailableException {
        try {
            NativeLibrary.load();
        } catch (NativeLibraryException e) {
            throw new HooksUnavailableException(String.valueOf(e.getMessage()), e);
        }
        if (!OPEN.compareAndSet(false, true)) {
            throw new HooksUnavailableException("the in-process hooks are open already", null);
        }
        int error = HooksNative.open(queueBytes, config.stackBytes(), config.intervalBytes());
        if (error < 0) {
            OPEN.set(false);
            throw new HooksUnavailableException("the in-process hooks have no memory: " + Errno.name(-error), null);
        }
    }

    /**
     * Patches the import slots of all libraries; nothing happens if they are patched. What is live by now stays
     * unknown.
     *
     * @throws HooksUnavailableException if no slot could be patched
     * @throws BpfUnavailableException if the kernel refuses the probes after all
     */
    @Override
    public synchronized void attach() throws HooksUnavailableException, BpfUnavailableException {
        if (attached || closed) {
            return;
        }
        if (probes != null) {
            probes.attach();
        }
        int patched = HooksNative.attach(probes == null);
        if (patched <= 0) {
            release();
            throw new HooksUnavailableException(
                    patched == 0
                            ? "no library of this process imports an allocator that the hooks could stand in front of"
                            : "libraries keep being loaded and unloaded: " + Errno.name(-patched),
                    null);
        }
        attached = true;
    }

    /** Restores the slots. */
    @Override
    public synchronized void detach() {
        if (attached) {
            release();
            attached = false;
        }
    }

    private void release() {
        HooksNative.detach();
        if (probes != null) {
            probes.detach();
        }
    }

    @Override
    public synchronized boolean attached() {
        return attached;
    }

    /** Draining also looks for new libraries from time to time. */
    @Override
    public SampleSource samples() {
        return samples;
    }

    /** The hooks' threads ring it, even if a BPF program copies their stacks. */
    @Override
    public Doorbell doorbell() {
        return bell;
    }

    private int drain(SampleHandler handler, int limit) {
        long now = System.nanoTime();
        if (now - verifiedAt >= VERIFY_NANOS) {
            verifiedAt = now;
            verify();
        }
        return copied.drain(handler, limit);
    }

    /**
     * Patches what was loaded past the hooks, and what was overwritten.
     *
     * @return number of slots patched
     */
    public synchronized int verify() {
        return closed ? 0 : Math.max(0, HooksNative.verify());
    }

    /** Beyond 32 threads in the life of a process this has no effect. */
    @Override
    public synchronized void excludeThread(int tid) {
        if (!closed) {
            HooksNative.excludeThread(tid);
        }
    }

    @Override
    public synchronized void registerJavaThread(int tid, long javaThread) {
        if (!closed) {
            HooksNative.javaThread(tid, javaThread);
        }
    }

    /** The stack's end need not be announced: the hooks ask libc. */
    @Override
    public synchronized void setJavaThreadLayout(JavaThreadLayout offsets) {
        if (!closed) {
            HooksNative.anchorOffsets(offsets.anchorSp(), offsets.anchorPc(), offsets.anchorFp());
            if (probes != null) {
                probes.setJavaThreadLayout(offsets);
            }
        }
    }

    @Override
    public synchronized void setInterval(long bytes) {
        if (!closed) {
            HooksNative.interval(Math.max(0, bytes));
        }
    }

    @Override
    public synchronized boolean isLive(long address) {
        return attached && HooksNative.isLive(address);
    }

    @Override
    public synchronized long heapInUse() {
        return attached ? HooksNative.heapInUse() : UNKNOWN;
    }

    /** They go on from engine to engine. */
    @Override
    public synchronized void counters(EngineCounters into) {
        counters(snapshot);
        snapshot.copyTo(into);
        into.unpatchedSlots = snapshot.unpatchedSlots();
        if (probes != null) {
            probes.counters(kernelSnapshot);
            into.samples = kernelSnapshot.sampled();
            into.withoutStack = kernelSnapshot.withoutStack();
            into.lostFrees = kernelSnapshot.lostFrees();
            into.lost = kernelSnapshot.lostAllocations() + kernelSnapshot.lostFrees() + snapshot.liveFull();
            into.cutStacks = kernelSnapshot.cut();
        }
    }

    /** Reads all counters, which go on from engine to engine. */
    public synchronized void counters(HooksCounters into) {
        if (!closed) {
            into.read();
        }
    }

    /** Records that were no samples: 0 unless Java and C are of different versions. */
    public long malformed() {
        return queue == null ? 0 : queue.malformed();
    }

    /** Bytes that wait in the hooks' own queue; for the thread that drains. */
    public long backlog() {
        return queue == null ? 0 : queue.backlog();
    }

    /**
     * Where a BPF program may sit to be run for each sampled allocation: a five-byte nop, a one-byte nop at + 5. The
     * first argument points to the header of a {@code struct dwunw_allocation}, complete but for the stack bytes:
     * {@code stack_base} and {@code stack_length} say which of them are there.
     */
    public long allocationProbePoint() {
        return HooksNative.probePoint(true);
    }

    /** As {@link #allocationProbePoint}, for frees of sampled blocks; the argument is a {@code struct dwunw_free}. */
    public long freeProbePoint() {
        return HooksNative.probePoint(false);
    }

    @Override
    public synchronized void calibrate() {
        if (probes != null && attached) {
            probes.calibrate(new ProbedCode(freeProbePoint()));
        }
    }

    @Override
    public long callPicos(Allocator allocator) {
        return CALL_PICOS;
    }

    @Override
    public long sampleNanos() {
        return probes == null ? SAMPLE_NANOS : SAMPLE_NANOS + probes.sampleNanos();
    }

    @Override
    public String description() {
        return probes == null ? "hooks, self-capture" : "hooks, BPF (" + probes.description() + ")";
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            detach();
            HooksNative.watch(false);
            closed = true;
            if (probes != null) {
                probes.close();
            }
            OPEN.set(false);
        }
    }
}

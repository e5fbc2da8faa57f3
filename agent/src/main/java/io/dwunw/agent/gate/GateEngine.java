package io.dwunw.agent.gate;

import io.dwunw.agent.engine.EngineCounters;
import io.dwunw.agent.engine.JavaThreadLayout;
import io.dwunw.agent.engine.SamplingEngine;
import io.dwunw.agent.linux.NativeLibrary;
import io.dwunw.agent.linux.NativeLibraryException;
import io.dwunw.agent.ringbuf.SampleHandler;
import io.dwunw.agent.ringbuf.SampleSource;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Samples allocations inside this process: everything between "off" and "on". Needs no privilege.
 *
 * <p>A process has one gate, so only one engine can be open. What the gate has mapped (its ring, tables and thread
 * blocks) is kept for the next one when an engine is closed, because threads may still be running through it. Thread-safe,
 * except that one thread at a time drains {@link #samples()}.
 */
public final class GateEngine implements SamplingEngine {
    /** How often libraries are looked for that were loaded past the wrapper of {@code dlopen}. */
    private static final long VERIFY_NANOS = 100_000_000L;

    private static final AtomicBoolean OPEN = new AtomicBoolean();

    private final GateRing ring;
    private final GateCounters snapshot = new GateCounters();
    private boolean attached;
    private boolean closed;
    private volatile long verifiedAt = System.nanoTime();

    private GateEngine(GateRing ring) {
        this.ring = ring;
    }

    /**
     * Prepares everything; no slot is patched yet.
     *
     * @throws GateUnavailableException if this process cannot have the gate, or has one open
     */
    public static GateEngine open(GateConfig config) throws GateUnavailableException {
        try {
            NativeLibrary.load();
        } catch (NativeLibraryException e) {
            throw new GateUnavailableException(String.valueOf(e.getMessage()), e);
        }
        if (!OPEN.compareAndSet(false, true)) {
            throw new GateUnavailableException("the in-process gate is open already", null);
        }
        int error = GateNative.open(config.ringBytes(), config.stackBytes(), config.intervalBytes());
        if (error < 0) {
            OPEN.set(false);
            throw new GateUnavailableException("the in-process gate has no memory: errno " + -error, null);
        }
        GateRing ring = GateRing.at(GateNative.ringAddress());
        // What an earlier engine left behind.
        while (ring.drain(sample -> {}, Integer.MAX_VALUE) > 0) {}
        return new GateEngine(ring);
    }

    /**
     * Patches the import slots of all libraries; nothing happens if they are patched. What is live by now stays unknown.
     *
     * @throws GateUnavailableException if no slot could be patched
     */
    @Override
    public synchronized void attach() throws GateUnavailableException {
        if (attached || closed) {
            return;
        }
        int patched = GateNative.attach(true);
        if (patched <= 0) {
            GateNative.detach();
            throw new GateUnavailableException(
                    patched == 0
                            ? "no library of this process imports an allocator that the gate could stand before"
                            : "libraries keep being loaded and unloaded: errno " + -patched,
                    null);
        }
        attached = true;
    }

    /** Restores the slots. */
    @Override
    public synchronized void detach() {
        if (attached) {
            GateNative.detach();
            attached = false;
        }
    }

    @Override
    public synchronized boolean attached() {
        return attached;
    }

    /** Draining also looks for new libraries from time to time. */
    @Override
    public SampleSource samples() {
        return this::drain;
    }

    private int drain(SampleHandler handler, int limit) {
        long now = System.nanoTime();
        if (now - verifiedAt >= VERIFY_NANOS) {
            verifiedAt = now;
            verify();
        }
        return ring.drain(handler, limit);
    }

    /**
     * Patches what was loaded past the gate, and what was overwritten.
     *
     * @return number of slots patched
     */
    public synchronized int verify() {
        return closed ? 0 : Math.max(0, GateNative.verify());
    }

    /** Beyond 32 threads in the life of a process this has no effect. */
    @Override
    public synchronized void excludeThread(int tid) {
        if (!closed) {
            GateNative.excludeThread(tid);
        }
    }

    @Override
    public synchronized void javaThread(int tid, long javaThread) {
        if (!closed) {
            GateNative.javaThread(tid, javaThread);
        }
    }

    /** Of the stack's end nothing needs to be told: the gate asks libc. */
    @Override
    public synchronized void layout(JavaThreadLayout offsets) {
        if (!closed) {
            GateNative.anchorOffsets(offsets.anchorSp(), offsets.anchorPc(), offsets.anchorFp());
        }
    }

    @Override
    public synchronized void interval(long bytes) {
        if (!closed) {
            GateNative.interval(Math.max(0, bytes));
        }
    }

    @Override
    public synchronized boolean isLive(long address) {
        return attached && GateNative.isLive(address);
    }

    /** They go on from engine to engine. */
    @Override
    public synchronized void counters(EngineCounters into) {
        counters(snapshot);
        snapshot.copyTo(into);
    }

    /** Reads all counters, which go on from engine to engine. */
    public synchronized void counters(GateCounters into) {
        if (!closed) {
            into.read();
        }
    }

    /** Records that were no samples: 0 unless Java and C are of different versions. */
    public long malformed() {
        return ring.malformed();
    }

    /** Bytes that wait to be drained. */
    public long backlog() {
        return ring.backlog();
    }

    /**
     * Where a BPF program may sit to be run for each sampled allocation: a five-byte nop, a one-byte nop at + 5. The
     * first argument points to the header of a {@code struct dwunw_allocation}, complete but for the stack bytes:
     * {@code stack_base} and {@code stack_length} say which of them are there.
     */
    public long allocationProbePoint() {
        return GateNative.probePoint(true);
    }

    /** As {@link #allocationProbePoint}, for frees of sampled blocks; the argument is a {@code struct dwunw_free}. */
    public long freeProbePoint() {
        return GateNative.probePoint(false);
    }

    @Override
    public String description() {
        return "gate, self-capture";
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            detach();
            closed = true;
            OPEN.set(false);
        }
    }
}

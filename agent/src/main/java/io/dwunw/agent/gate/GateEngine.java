package io.dwunw.agent.gate;

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
public final class GateEngine implements AutoCloseable {
    /** How often libraries are looked for that were loaded past the wrapper of {@code dlopen}. */
    private static final long VERIFY_NANOS = 100_000_000L;

    private static final AtomicBoolean OPEN = new AtomicBoolean();

    private final GateRing ring;
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

    /** Restores the slots. Records already made can still be drained; blocks sampled so far are forgotten. */
    public synchronized void detach() {
        if (attached) {
            GateNative.detach();
            attached = false;
        }
    }

    public synchronized boolean attached() {
        return attached;
    }

    /**
     * The samples, in an order in which every free precedes any later allocation at its address. Draining also looks for
     * new libraries from time to time.
     */
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

    /**
     * Does not sample this thread's allocations, nor count its calls, from now on; its frees of other threads' blocks
     * are still seen. For a few threads only; beyond 32 in the life of a process it has no effect.
     */
    public synchronized void excludeThread(int tid) {
        if (!closed) {
            GateNative.excludeThread(tid);
        }
    }

    /**
     * Tells which Java thread an OS thread is, so that its frame anchor goes into its samples.
     *
     * @param javaThread address of the {@code JavaThread}; 0 = none any more
     */
    public synchronized void javaThread(int tid, long javaThread) {
        if (!closed) {
            GateNative.javaThread(tid, javaThread);
        }
    }

    /** Where {@code _last_Java_sp}, {@code _pc} and {@code _fp} of its anchor lie in a {@code JavaThread}. */
    public synchronized void anchorOffsets(int spOffset, int pcOffset, int fpOffset) {
        if (!closed) {
            GateNative.anchorOffsets(spOffset, pcOffset, fpOffset);
        }
    }

    /** Forgets all that was told of a thread that ended: its number will be another thread's. */
    public synchronized void threadEnded(int tid) {
        javaThread(tid, 0);
    }

    /** Changes the mean number of bytes between samples, for all threads at once; 0 and 1 = every allocation. */
    public synchronized void interval(long bytes) {
        if (!closed) {
            GateNative.interval(Math.max(0, bytes));
        }
    }

    /**
     * Whether a sampled heap block is alive as far as the gate knows: after frees were lost, this tells the dead from the
     * living.
     */
    public synchronized boolean isLive(long address) {
        return attached && GateNative.isLive(address);
    }

    /** Reads the counters, which go on from engine to engine. */
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

    /** How allocations are caught, for people. */
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

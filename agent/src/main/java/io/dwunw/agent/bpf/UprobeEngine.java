// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import io.dwunw.agent.engine.EngineCounters;
import io.dwunw.agent.engine.JavaThreadLayout;
import io.dwunw.agent.engine.SamplingEngine;
import io.dwunw.agent.linux.Kernel;
import io.dwunw.agent.linux.Linux;
import io.dwunw.agent.ringbuf.SampleSource;
import io.dwunw.agent.sample.Allocator;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Samples the allocator of this process's glibc by uprobes: everything between "off" and "on". Opening makes maps and
 * loads programs; attaching sets the probes, and may be repeated. Thread-safe, except that one thread at a time drains
 * {@link #samples()}.
 */
public final class UprobeEngine implements SamplingEngine {
    /** On a virtual machine of today, until it is measured: a pair of calls that are not sampled costs 1.6 µs. */
    private static final long USUAL_CALL_NANOS = 800;

    private final BpfSession kernel;
    private final Libc libc;
    private final Links.Method method;
    private final BpfCounters snapshot = new BpfCounters();
    private final SampleSource samples;
    private @Nullable Links links;
    private long attachments;
    private volatile long callNanos = USUAL_CALL_NANOS;

    private final class TellBounds implements StackBounds.Sink {
        @Override
        public void bounds(int tid, long low, long high) {
            stackBounds(tid, low, high);
        }
    }

    private UprobeEngine(BpfSession kernel, Libc libc, Links.Method method) {
        this.kernel = kernel;
        this.libc = libc;
        this.method = method;
        this.samples = new StackBoundingSource(kernel.ring(), new StackBounds(kernel.files(), new TellBounds()));
    }

    /** What is certain to be missing here, found without the native library and in no time; empty if nothing is. */
    public static Optional<BpfUnavailableException> certainlyMissing() {
        return new Diagnosis(ProcFiles.RUNNING).missingCapabilities();
    }

    /**
     * Loads everything; no probe is set yet.
     *
     * @throws BpfUnavailableException if this process cannot have uprobes, with a line that says why
     */
    public static UprobeEngine open(UprobeConfig config) throws BpfUnavailableException {
        BpfSession.requireNativeLibrary();
        return open(config, Kernel.RUNNING, ProcFiles.RUNNING, AttachMethods.BEST);
    }

    static UprobeEngine open(UprobeConfig config, Kernel kernel, ProcFiles files, AttachMethods choice)
            throws BpfUnavailableException {
        Libc libc = Libc.find(files.readIfPresent("/proc/self/maps"));
        BpfSession side = BpfSession.open(config, kernel, files, libc);
        try {
            Links.Method method = choice.choose(side.bpf(), side.object(), files, side.pid());
            method.tryOut(libc.file());
            return new UprobeEngine(side, libc, method);
        } catch (KernelCallException e) {
            side.close();
            throw side.explain(e);
        }
    }

    /** @throws BpfUnavailableException if the kernel refuses after all */
    @Override
    public synchronized void attach() throws BpfUnavailableException {
        if (links != null || kernel.closed()) {
            return;
        }
        kernel.state().forgetMappings();
        try {
            links = method.attach(libc.file());
        } catch (KernelCallException e) {
            throw kernel.explain(e);
        }
        // Only now: a block that is sampled while free has no probe yet would seem to live forever.
        kernel.state().attachment(++attachments);
    }

    @Override
    public synchronized void detach() {
        if (links != null) {
            kernel.state().attachment(0);
            links.close();
            links = null;
            kernel.forgetLiveBlocks();
        }
    }

    @Override
    public synchronized boolean attached() {
        return links != null;
    }

    /** In the order in which the kernel took them. */
    @Override
    public SampleSource samples() {
        return samples;
    }

    @Override
    public synchronized void excludeThread(int tid) {
        kernel.excludeThread(tid);
    }

    /** Samples this thread again. */
    public synchronized void includeThread(int tid) {
        kernel.includeThread(tid);
    }

    @Override
    public synchronized void registerJavaThread(int tid, long javaThread) {
        kernel.registerJavaThread(tid, javaThread);
    }

    @Override
    public synchronized void setJavaThreadLayout(JavaThreadLayout offsets) {
        kernel.setJavaThreadLayout(offsets);
    }

    /** Tells the bounds of a thread's stack; by default the engine takes the mapping that sp is in. */
    public synchronized void stackBounds(int tid, long low, long high) {
        kernel.stackBounds(tid, low, high);
    }

    @Override
    public synchronized void setInterval(long bytes) {
        kernel.setInterval(bytes);
    }

    @Override
    public synchronized void setUnmappedCount(long total) {
        kernel.setUnmappedCount(total);
    }

    @Override
    public synchronized boolean isLive(long address) {
        return kernel.isLive(address);
    }

    @Override
    public synchronized void counters(EngineCounters into) {
        counters(snapshot);
        snapshot.copyTo(into);
    }

    /** Reads all counters. */
    public synchronized void counters(BpfCounters into) {
        kernel.counters(into);
    }

    @Override
    public synchronized void calibrate() {
        if (links != null) {
            callNanos = Calibration.nanos(new Calibration.Calls() {
                @Override
                public void make(int count) {
                    Linux.callAllocator(count / 2);
                }
            });
        }
    }

    /** The trap at the function's end is a little more expensive, and the stack is copied. */
    private static long sampleNanos(long callNanos) {
        return callNanos + callNanos / 4 + Calibration.COPY_NANOS;
    }

    @Override
    public long callPicos(Allocator allocator) {
        return callNanos * 1_000;
    }

    @Override
    public long sampleNanos() {
        return sampleNanos(callNanos);
    }

    /** How the probes are set, for example {@code uprobe_multi, session}. */
    @Override
    public String description() {
        return method.description();
    }

    @Override
    public synchronized void close() {
        detach();
        kernel.close();
    }
}

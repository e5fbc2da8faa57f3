// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import io.dwunw.agent.bpf.BpfUnavailableException.Reason;
import io.dwunw.agent.bpf.ProbedFile.ProbePoint;
import io.dwunw.agent.engine.JavaThreadLayout;
import io.dwunw.agent.linux.Kernel;
import io.dwunw.agent.ringbuf.SampleSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The BPF program at the probe points of the in-process hooks: copies what the hooks have sampled into the kernel's
 * ring. Thread-safe, except that one thread at a time drains.
 */
public final class HookProbes implements AutoCloseable {
    /** A probe point starts with a nop of five bytes; at this offset there is one of a single byte. */
    private static final int SHORT_NOP = 5;
    /** First byte of a {@code call}, into which newer kernels turn a probed nop of five bytes. */
    private static final byte CALL = (byte) 0xe8;

    private final BpfSession kernel;
    private final Links.Method method;
    private final BpfCounters snapshot = new BpfCounters();
    private final Path library;
    private ProbedFile file;
    private boolean byCall;
    /** As on a virtual machine of today, until it is measured. */
    private long passNanos = 700;

    private @Nullable Links links;

    private HookProbes(BpfSession kernel, Links.Method method, Path library, ProbedFile file) {
        this.kernel = kernel;
        this.method = method;
        this.library = library;
        this.file = file;
    }

    /** A look at the probe points, and a way to run through them. */
    public interface Target {
        /** Runs through a probe point with a null record. */
        void pass();

        /** First byte of the code at a probe point, as it is now. */
        byte firstByte();
    }

    /**
     * Loads the program, sets it on the probe points, and makes sure that it is reached.
     *
     * @param library path of the file that the probe points were mapped from
     * @param addresses of the probe points
     * @throws BpfUnavailableException if this process cannot have it, with a line that says why
     */
    public static HookProbes open(UprobeConfig config, Path library, long[] addresses, Target target)
            throws BpfUnavailableException {
        BpfSession.requireNativeLibrary();
        return open(config, Kernel.RUNNING, ProcFiles.RUNNING, AttachMethods.BEST, library, addresses, target);
    }

    static HookProbes open(
            UprobeConfig config,
            Kernel kernel,
            ProcFiles files,
            AttachMethods choice,
            Path library,
            long[] addresses,
            Target target)
            throws BpfUnavailableException {
        ProbedFile file = find(files, library, addresses);
        BpfSession side = BpfSession.open(config, kernel, files, null);
        HookProbes probes = null;
        try {
            Links.Method method = choice.chooseEntryOnly(side.bpf(), side.object(), files, side.pid(), "hooks");
            probes = new HookProbes(side, method, library, file);
            probes.settle(target);
            return probes;
        } catch (KernelCallException e) {
            side.close();
            throw side.explain(e);
        } catch (BpfUnavailableException e) {
            probes.close();
            throw e;
        }
    }

    private static ProbedFile find(ProcFiles files, Path library, long[] addresses) throws BpfUnavailableException {
        List<Mapping> mappings = Mapping.parse(files.readIfPresent("/proc/self/maps"));
        List<ProbePoint> points = new ArrayList<>();
        for (long address : addresses) {
            for (Mapping mapping : mappings) {
                if (mapping.contains(address) && inode(library) == mapping.inode()) {
                    points.add(new ProbePoint(0, false, address - mapping.low() + mapping.offset(), address));
                }
            }
        }
        if (points.size() != addresses.length) {
            throw new BpfUnavailableException(
                    Reason.RESOURCES,
                    "the agent's own library cannot be probed: " + library + " is another file",
                    null);
        }
        return new ProbedFile(library.toString(), points);
    }

    private static long inode(Path file) {
        try {
            return (Long) Files.getAttribute(file, "unix:ino");
        } catch (IOException e) {
            return -1;
        }
    }

    /**
     * Chooses between the nops. One of five bytes is the cheapest where the kernel replaces it by a call; where it does
     * not, it may be single-stepped, ten times as expensive as the one of a single byte.
     */
    private synchronized void settle(Target target) throws KernelCallException, BpfUnavailableException {
        links = method.attach(file);
        target.pass();
        byCall = target.firstByte() == CALL;
        if (!byCall) {
            links.close();
            file = atShortNops(file);
            links = method.attach(file);
            target.pass();
        }
        counters(snapshot);
        if (snapshot.hookHits() == 0) {
            throw new BpfUnavailableException(
                    Reason.REFUSED, "the kernel takes the probes, but never calls them", null);
        }
    }

    private static ProbedFile atShortNops(ProbedFile file) {
        List<ProbePoint> points = new ArrayList<>();
        for (ProbePoint point : file.points()) {
            points.add(new ProbePoint(0, false, point.fileOffset() + SHORT_NOP, point.avma() + SHORT_NOP));
        }
        return new ProbedFile(file.path(), points);
    }

    private static long[] addresses(ProbedFile file) {
        long[] addresses = new long[file.points().size()];
        for (int i = 0; i < addresses.length; i++) {
            addresses[i] = file.points().get(i).avma();
        }
        return addresses;
    }

    /**
     * Sets the probes; nothing happens if they are set.
     *
     * @throws BpfUnavailableException if the kernel refuses after all
     */
    public synchronized void attach() throws BpfUnavailableException {
        if (links != null || kernel.closed()) {
            return;
        }
        find(kernel.files(), library, addresses(file));
        try {
            links = method.attach(file);
        } catch (KernelCallException e) {
            throw kernel.explain(e);
        }
    }

    /** Removes the probes. Records already made can still be drained. */
    public synchronized void detach() {
        if (links != null) {
            links.close();
            links = null;
        }
    }

    /** Measures what it costs to run through a probe point, while the probes are set. */
    public synchronized void calibrate(Target target) {
        if (links != null) {
            passNanos = Calibration.nanos(new Calibration.Calls() {
                @Override
                public void make(int count) {
                    for (int i = 0; i < count; i++) {
                        target.pass();
                    }
                }
            });
        }
    }

    /** What the probes add to a sample and its free, in nanoseconds: two traps, and a copy of the stack. */
    public synchronized long sampleNanos() {
        return 2 * passNanos + Calibration.COPY_NANOS;
    }

    /** In the order in which the kernel took them. */
    public SampleSource samples() {
        return kernel.ring();
    }

    /** Where the anchors are that go into samples of Java threads. */
    public synchronized void setJavaThreadLayout(JavaThreadLayout offsets) {
        kernel.setJavaThreadLayout(offsets);
    }

    /** Reads all counters. */
    public synchronized void counters(BpfCounters into) {
        kernel.counters(into);
    }

    /** Most bytes of stack in a sample, as {@link #open} rounded it. */
    public static int stackBytes(UprobeConfig config) {
        int[] classes = EngineLayout.sizeClasses(config.stackBytes());
        return classes[classes.length - 1];
    }

    /** For example {@code uprobe_multi at a nop of 5 bytes}. */
    public synchronized String description() {
        return method.description() + (byCall ? ", by call" : ", by trap");
    }

    @Override
    public synchronized void close() {
        detach();
        kernel.close();
    }
}

package io.dwunw.agent.bpf;

import io.dwunw.agent.bpf.BpfUnavailableException.Reason;
import io.dwunw.agent.engine.EngineCounters;
import io.dwunw.agent.engine.JavaThreadLayout;
import io.dwunw.agent.engine.SamplingEngine;
import io.dwunw.agent.linux.Errno;
import io.dwunw.agent.linux.Kernel;
import io.dwunw.agent.linux.NativeLibrary;
import io.dwunw.agent.linux.NativeLibraryException;
import io.dwunw.agent.linux.SystemCall;
import io.dwunw.agent.ringbuf.RingBuffer;
import io.dwunw.agent.ringbuf.SampleHandler;
import io.dwunw.agent.ringbuf.SampleSource;
import io.dwunw.bytes.Bytes;
import io.dwunw.bytes.MalformedDataException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Samples the allocator of this process's glibc by uprobes: everything between "off" and "on". Opening makes maps and
 * loads programs; attaching sets the probes, and may be repeated. Thread-safe, except that one thread at a time drains
 * {@link #samples()}.
 */
public final class UprobeEngine implements SamplingEngine {
    private static final String OBJECT = "dwunw.bpf.o";

    private final BpfSystem bpf;
    private final HostFiles files;
    private final LoadedObject object;
    private final Libc libc;
    private final Links.Method method;
    private final SharedState state;
    private final RingBuffer ring;
    private final StackBounds bounds;
    private final CounterSnapshot snapshot = new CounterSnapshot();
    private @Nullable Links links;
    private boolean closed;

    private UprobeEngine(
            BpfSystem bpf,
            HostFiles files,
            LoadedObject object,
            Libc libc,
            Links.Method method,
            SharedState state,
            RingBuffer ring) {
        this.bpf = bpf;
        this.files = files;
        this.object = object;
        this.libc = libc;
        this.method = method;
        this.state = state;
        this.ring = ring;
        this.bounds = new StackBounds(files, this::stackBounds);
    }

    /** What is certain to be missing here, found without the native library and in no time; empty if nothing is. */
    public static Optional<BpfUnavailableException> certainlyMissing() {
        return new Diagnosis(HostFiles.RUNNING).missingCapabilities();
    }

    /**
     * Loads everything; no probe is set yet.
     *
     * @throws BpfUnavailableException if this process cannot have uprobes, with a line that says why
     */
    public static UprobeEngine open(UprobeConfig config) throws BpfUnavailableException {
        try {
            NativeLibrary.load();
        } catch (NativeLibraryException e) {
            boolean linux = System.getProperty("os.name", "").equals("Linux");
            throw new BpfUnavailableException(
                    linux ? Reason.NATIVE_LIBRARY : Reason.NOT_LINUX, String.valueOf(e.getMessage()), e);
        }
        return open(config, Kernel.RUNNING, HostFiles.RUNNING, AttachChoice.BEST);
    }

    static UprobeEngine open(UprobeConfig config, Kernel kernel, HostFiles files, AttachChoice choice)
            throws BpfUnavailableException {
        Libc libc = Libc.find(files.readIfPresent("/proc/self/maps"));
        BpfSystem bpf = new BpfSystem(kernel);
        LoadedObject object = null;
        SharedState state = null;
        try {
            int pid = (int) kernel.call(SystemCall.GETPID, 0);
            object = LoadedObject.load(
                    readObject(),
                    bpf,
                    Map.of("ring", config.ringBytes(), "live", config.liveEntries()),
                    Map.of(".rodata.config", frozenConfig(config, libc, pid)));
            state = SharedState.map(bpf, object);
            state.interval(config.intervalBytes());
            Links.Method method = choice.choose(bpf, object, files, pid);
            method.tryOut(libc);
            RingBuffer ring = RingBuffer.map(kernel, object.map("ring"), config.ringBytes());
            return new UprobeEngine(bpf, files, object, libc, method, state, ring);
        } catch (KernelCallException e) {
            closeAll(state, object);
            throw new Diagnosis(files).of(e);
        } catch (IOException e) {
            closeAll(state, object);
            throw new BpfUnavailableException(Reason.RESOURCES, String.valueOf(e.getMessage()), e);
        }
    }

    private static void closeAll(@Nullable SharedState state, @Nullable LoadedObject object) {
        if (state != null) {
            state.close();
        }
        if (object != null) {
            object.close();
        }
    }

    private static BpfObject readObject() {
        try (InputStream in = UprobeEngine.class.getResourceAsStream(OBJECT)) {
            if (in == null) {
                throw new IllegalStateException("the agent's jar has no " + OBJECT);
            }
            return BpfObject.read(in.readAllBytes());
        } catch (IOException | MalformedDataException e) {
            throw new IllegalStateException("the agent's jar is damaged: " + e.getMessage(), e);
        }
    }

    private static Bytes frozenConfig(UprobeConfig config, Libc libc, int pid) throws IOException {
        ByteBuffer b = ByteBuffer.allocate(EngineLayout.CONFIG_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
        Path namespace = Path.of("/proc/self/ns/pid");
        b.putLong(EngineLayout.CONFIG_PIDNS_DEV, kernelDevice((Long) Files.getAttribute(namespace, "unix:dev")));
        b.putLong(EngineLayout.CONFIG_PIDNS_INO, (Long) Files.getAttribute(namespace, "unix:ino"));
        EngineLayout.putRange(b, EngineLayout.CONFIG_LIBC_LOW, libc.text());
        EngineLayout.putRange(b, EngineLayout.CONFIG_LIBPTHREAD_LOW, libc.threadText());
        EngineLayout.putRange(b, EngineLayout.CONFIG_ALLOCATOR_LOW, libc.allocatorText());
        b.putInt(EngineLayout.CONFIG_PID, pid);
        int[] classes = EngineLayout.sizeClasses(config.stackBytes());
        for (int i = 0; i < classes.length; i++) {
            b.putInt(EngineLayout.CONFIG_CLASS_BYTES + i * Integer.BYTES, classes[i]);
        }
        return Bytes.of(b);
    }

    /** stat's {@code dev_t} splits the minor number in two (new_encode_dev()); the kernel's own does not. */
    static long kernelDevice(long statDevice) {
        long major = (statDevice >>> 8) & 0xfff;
        long minor = (statDevice & 0xff) | ((statDevice >>> 12) & 0xfff00);
        return (major << 20) | minor;
    }

    /** @throws BpfUnavailableException if the kernel refuses after all */
    @Override
    public synchronized void attach() throws BpfUnavailableException {
        if (links != null || closed) {
            return;
        }
        state.forgetMappings();
        try {
            links = method.attach(libc);
        } catch (KernelCallException e) {
            throw new Diagnosis(files).of(e);
        }
    }

    @Override
    public synchronized void detach() {
        if (links != null) {
            links.close();
            links = null;
            forgetLiveBlocks();
        }
    }

    @Override
    public synchronized boolean attached() {
        return links != null;
    }

    /** Without probes no free is seen any more, so what is remembered would only be in the way. */
    private void forgetLiveBlocks() {
        try {
            bpf.clear(object.map("live"), Long.BYTES, Long.BYTES);
        } catch (KernelCallException e) {
            throw new IllegalStateException(e);
        }
    }

    /** In the order in which the kernel took them. */
    @Override
    public SampleSource samples() {
        return this::drain;
    }

    private int drain(SampleHandler handler, int limit) {
        int handled = ring.drain(bounds.before(handler), limit);
        bounds.resolve();
        return handled;
    }

    @Override
    public synchronized void excludeThread(int tid) {
        ByteBuffer call = BpfSystem.buffer(EngineLayout.CALL_LENGTH);
        call.putInt(EngineLayout.CALL_FLAGS, EngineLayout.CALL_EXCLUDED);
        put("calls", tidKey(tid), call);
    }

    /** Samples this thread again. */
    public synchronized void includeThread(int tid) {
        remove("calls", tidKey(tid));
    }

    @Override
    public synchronized void javaThread(int tid, long javaThread) {
        if (javaThread == 0) {
            remove("java_threads", tidKey(tid));
            remove("stacks", tidKey(tid));
        } else {
            put("java_threads", tidKey(tid), BpfSystem.buffer(Long.BYTES).putLong(0, javaThread));
        }
    }

    @Override
    public synchronized void layout(JavaThreadLayout offsets) {
        if (!closed) {
            state.anchorOffsets(offsets.anchorSp(), offsets.anchorPc(), offsets.anchorFp());
            state.stackBaseOffset(offsets.stackBase());
        }
    }

    /** Tells the bounds of a thread's stack; without being told, the engine takes the mapping that sp is in. */
    public synchronized void stackBounds(int tid, long low, long high) {
        ByteBuffer value = BpfSystem.buffer(EngineLayout.BOUNDS_LENGTH);
        value.putLong(EngineLayout.BOUNDS_LOW, low).putLong(EngineLayout.BOUNDS_HIGH, high);
        put("stacks", tidKey(tid), value);
    }

    @Override
    public synchronized void interval(long bytes) {
        if (!closed) {
            state.interval(Math.max(0, Math.min(bytes, UprobeConfig.MAX_INTERVAL_BYTES)));
        }
    }

    @Override
    public synchronized void mappingsDead(long total) {
        if (!closed) {
            state.mappingsDead(total);
        }
    }

    @Override
    public synchronized boolean isLive(long address) {
        if (closed) {
            return false;
        }
        try {
            return bpf.lookup(
                    object.map("live"), BpfSystem.buffer(Long.BYTES).putLong(0, address), BpfSystem.buffer(Long.BYTES));
        } catch (KernelCallException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public synchronized void counters(EngineCounters into) {
        counters(snapshot);
        snapshot.copyTo(into);
    }

    /** Reads all counters. */
    public synchronized void counters(CounterSnapshot into) {
        if (!closed) {
            state.counters(into);
        }
    }

    /** How the probes are set, for example {@code uprobe_multi, session}. */
    @Override
    public String description() {
        return method.description();
    }

    private static ByteBuffer tidKey(int tid) {
        return BpfSystem.buffer(Integer.BYTES).putInt(0, tid);
    }

    /** A full map is no failure: what does not fit is done without. */
    private void put(String map, ByteBuffer key, ByteBuffer value) {
        if (closed) {
            return;
        }
        try {
            bpf.update(object.map(map), key, value);
        } catch (KernelCallException e) {
            if (e.error() != Errno.E2BIG) {
                throw new IllegalStateException(e);
            }
        }
    }

    private void remove(String map, ByteBuffer key) {
        if (closed) {
            return;
        }
        try {
            bpf.delete(object.map(map), key);
        } catch (KernelCallException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (links != null) {
            links.close();
            links = null;
        }
        ring.close();
        state.close();
        object.close();
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import io.dwunw.agent.bpf.BpfUnavailableException.Reason;
import io.dwunw.agent.bpf.Libc.Range;
import io.dwunw.agent.engine.JavaThreadLayout;
import io.dwunw.agent.linux.Errno;
import io.dwunw.agent.linux.Kernel;
import io.dwunw.agent.linux.NativeLibrary;
import io.dwunw.agent.linux.NativeLibraryException;
import io.dwunw.agent.linux.SystemCall;
import io.dwunw.agent.ringbuf.RingBuffer;
import io.dwunw.bytes.Bytes;
import io.dwunw.bytes.MalformedDataException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Everything that an engine has in the kernel apart from its probes: maps, settings, counters, ring, and the programs
 * that its way of attaching asks for. Callers exclude each other, except for one thread that drains {@link #ring()}.
 */
final class BpfSession implements AutoCloseable {
    private static final String OBJECT = "dwunw.bpf.o";

    private final BpfSystem bpf;
    private final ProcFiles files;
    private final LoadedObject object;
    private final SharedState state;
    private final RingBuffer ring;
    private final int pid;
    private boolean closed;

    private BpfSession(
            BpfSystem bpf, ProcFiles files, LoadedObject object, SharedState state, RingBuffer ring, int pid) {
        this.bpf = bpf;
        this.files = files;
        this.object = object;
        this.state = state;
        this.ring = ring;
        this.pid = pid;
    }

    /** Loads the native library, without which no call of the kernel is possible. */
    static void requireNativeLibrary() throws BpfUnavailableException {
        try {
            NativeLibrary.load();
        } catch (NativeLibraryException e) {
            boolean linux = System.getProperty("os.name", "").equals("Linux");
            throw new BpfUnavailableException(
                    linux ? Reason.NATIVE_LIBRARY : Reason.NOT_LINUX, String.valueOf(e.getMessage()), e);
        }
    }

    /** Makes what every engine needs; the maps that programs work with are made with them. */
    static BpfSession open(UprobeConfig config, Kernel kernel, ProcFiles files, @Nullable Libc libc)
            throws BpfUnavailableException {
        BpfSystem bpf = new BpfSystem(kernel);
        LoadedObject object = null;
        SharedState state = null;
        try {
            int pid = pid(kernel, files);
            object = new LoadedObject(
                    readObject(),
                    bpf,
                    Map.of("ring", config.ringBytes(), "live", config.liveEntries()),
                    Map.of(".rodata.config", frozenConfig(config, libc, pid)));
            state = SharedState.map(bpf, object);
            state.setInterval(config.intervalBytes());
            RingBuffer ring = RingBuffer.map(kernel, object.ensureMap("ring"), config.ringBytes());
            return new BpfSession(bpf, files, object, state, ring, pid);
        } catch (KernelCallException e) {
            closeAll(state, object);
            throw new Diagnosis(files).of(e);
        } catch (IOException e) {
            closeAll(state, object);
            throw new BpfUnavailableException(Reason.RESOURCES, String.valueOf(e.getMessage()), e);
        }
    }

    /**
     * As the process's own PID namespace numbers it; from a file that says so, as filters may kill a process that
     * calls getpid.
     */
    static int pid(Kernel kernel, ProcFiles files) {
        String status = files.readIfPresent("/proc/self/status");
        int line = status.indexOf("\nNStgid:");
        int end = status.indexOf('\n', line + 1);
        if (line >= 0 && end >= 0) {
            // The innermost namespace comes last.
            return Integer.parseInt(status, status.lastIndexOf('\t', end) + 1, end, 10);
        }
        return (int) kernel.call(SystemCall.GETPID, 0);
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
        try (InputStream in = BpfSession.class.getResourceAsStream(OBJECT)) {
            if (in == null) {
                throw new IllegalStateException("the agent's jar has no " + OBJECT);
            }
            return BpfObject.read(in.readAllBytes());
        } catch (IOException | MalformedDataException e) {
            throw new IllegalStateException("the agent's jar is damaged: " + e.getMessage(), e);
        }
    }

    private static Bytes frozenConfig(UprobeConfig config, @Nullable Libc libc, int pid) throws IOException {
        ByteBuffer b = ByteBuffer.allocate(EngineLayout.CONFIG_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
        Path namespace = Path.of("/proc/self/ns/pid");
        b.putLong(EngineLayout.CONFIG_PIDNS_DEV, kernelDevice((Long) Files.getAttribute(namespace, "unix:dev")));
        b.putLong(EngineLayout.CONFIG_PIDNS_INO, (Long) Files.getAttribute(namespace, "unix:ino"));
        EngineLayout.putRange(b, EngineLayout.CONFIG_LIBC_LOW, libc == null ? Range.EMPTY : libc.text());
        EngineLayout.putRange(b, EngineLayout.CONFIG_LIBPTHREAD_LOW, libc == null ? Range.EMPTY : libc.threadText());
        EngineLayout.putRange(b, EngineLayout.CONFIG_ALLOCATOR_LOW, libc == null ? Range.EMPTY : libc.allocatorText());
        b.putInt(EngineLayout.CONFIG_PID, pid);
        int[] classes = EngineLayout.sizeClasses(config.stackBytes());
        for (int i = 0; i < classes.length; i++) {
            b.putInt(EngineLayout.CONFIG_CLASS_BYTES + i * Integer.BYTES, classes[i]);
        }
        b.putInt(EngineLayout.CONFIG_RING_BYTES, config.ringBytes());
        return Bytes.of(b);
    }

    /** stat's {@code dev_t} splits the minor number in two (new_encode_dev()); the kernel's own does not. */
    static long kernelDevice(long statDevice) {
        long major = (statDevice >>> 8) & 0xfff;
        long minor = (statDevice & 0xff) | ((statDevice >>> 12) & 0xfff00);
        return (major << 20) | minor;
    }

    BpfSystem bpf() {
        return bpf;
    }

    ProcFiles files() {
        return files;
    }

    LoadedObject object() {
        return object;
    }

    /** Not to be used when this is closed. */
    SharedState state() {
        return state;
    }

    RingBuffer ring() {
        return ring;
    }

    int pid() {
        return pid;
    }

    boolean closed() {
        return closed;
    }

    /** One line about a refusal. */
    BpfUnavailableException explain(KernelCallException failure) {
        return new Diagnosis(files).of(failure);
    }

    /** Does not sample a thread's allocations from now on. */
    void excludeThread(int tid) {
        ByteBuffer call = BpfSystem.buffer(EngineLayout.CALL_LENGTH);
        call.putInt(EngineLayout.CALL_FLAGS, EngineLayout.CALL_EXCLUDED);
        put("calls", tidKey(tid), call);
    }

    void includeThread(int tid) {
        remove("calls", tidKey(tid));
    }

    void setJavaThreadLayout(JavaThreadLayout offsets) {
        if (!closed) {
            state.setJavaThreadLayout(offsets);
        }
    }

    void setInterval(long bytes) {
        if (!closed) {
            state.setInterval(Math.max(0, Math.min(bytes, UprobeConfig.MAX_INTERVAL_BYTES)));
        }
    }

    void setUnmappedCount(long total) {
        if (!closed) {
            state.setUnmappedCount(total);
        }
    }

    void counters(BpfCounters into) {
        if (!closed) {
            state.counters(into);
        }
    }

    void registerJavaThread(int tid, long javaThread) {
        if (javaThread == 0) {
            remove("java_threads", tidKey(tid));
            remove("stacks", tidKey(tid));
        } else {
            put("java_threads", tidKey(tid), BpfSystem.buffer(Long.BYTES).putLong(0, javaThread));
        }
    }

    void stackBounds(int tid, long low, long high) {
        ByteBuffer value = BpfSystem.buffer(EngineLayout.BOUNDS_LENGTH);
        value.putLong(EngineLayout.BOUNDS_LOW, low).putLong(EngineLayout.BOUNDS_HIGH, high);
        put("stacks", tidKey(tid), value);
    }

    boolean isLive(long key) {
        if (closed) {
            return false;
        }
        try {
            return bpf.lookup(
                    object.map("live"), BpfSystem.buffer(Long.BYTES).putLong(0, key), BpfSystem.buffer(Long.BYTES));
        } catch (KernelCallException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Without probes no free is seen any more, so what is remembered would only be in the way. */
    void forgetLiveBlocks() {
        try {
            bpf.clear(object.map("live"), Long.BYTES, Long.BYTES);
        } catch (KernelCallException e) {
            throw new IllegalStateException(e);
        }
    }

    private static ByteBuffer tidKey(int tid) {
        return BpfSystem.buffer(Integer.BYTES).putInt(0, tid);
    }

    /** A full map is no failure: what does not fit is done without. */
    void put(String map, ByteBuffer key, ByteBuffer value) {
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
    public void close() {
        if (!closed) {
            closed = true;
            ring.close();
            state.close();
            object.close();
        }
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import io.dwunw.agent.linux.Errno;
import io.dwunw.agent.linux.Kernel;
import io.dwunw.agent.linux.SystemCall;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** The commands of {@code bpf(2)} in use. Thread-safe; file descriptors belong to the caller. */
final class BpfSystem {
    /** Entries of a map that are removed together. */
    private static final int BATCH = 4096;

    private static final int LOG_BYTES = 1 << 20;
    private static final int RLIMIT_MEMLOCK = 8;
    private static final int RLIMIT_BYTES = 16;

    private final Kernel kernel;
    private boolean limitRaised;

    BpfSystem(Kernel kernel) {
        this.kernel = kernel;
    }

    Kernel kernel() {
        return kernel;
    }

    /** Zero, on the Java heap; {@link SyscallArena} give the kernel a copy. */
    static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    void close(int fd) {
        kernel.call(SystemCall.CLOSE, fd);
    }

    int createMap(BpfObject.MapSpec spec) throws KernelCallException {
        ByteBuffer attr = buffer(BpfAttr.BYTES);
        attr.putInt(BpfAttr.MAP_TYPE, spec.type());
        attr.putInt(BpfAttr.KEY_SIZE, spec.keyBytes());
        attr.putInt(BpfAttr.VALUE_SIZE, spec.valueBytes());
        attr.putInt(BpfAttr.MAX_ENTRIES, spec.maxEntries());
        attr.putInt(BpfAttr.MAP_FLAGS, spec.flags());
        putName(attr, BpfAttr.MAP_NAME, spec.name());
        long fd = command(BpfAttr.BPF_MAP_CREATE, attr);
        if (fd == -Errno.EPERM && raiseMemlock()) {
            fd = command(BpfAttr.BPF_MAP_CREATE, attr);
        }
        return descriptor("bpf(BPF_MAP_CREATE) of " + spec.name(), fd);
    }

    /** Before 5.11 maps and programs were charged to RLIMIT_MEMLOCK, and too low a limit looks like EPERM. */
    private synchronized boolean raiseMemlock() {
        if (limitRaised) {
            return false;
        }
        limitRaised = true;
        try (SyscallArena arguments = new SyscallArena()) {
            ByteBuffer unlimited = buffer(RLIMIT_BYTES).putLong(0, -1).putLong(8, -1);
            return kernel.call(SystemCall.PRLIMIT64, 0, RLIMIT_MEMLOCK, arguments.address(unlimited), 0, 0, 0) == 0;
        }
    }

    /** Copies the value at {@code key}; false if there is none. */
    boolean lookup(int map, ByteBuffer key, ByteBuffer value) throws KernelCallException {
        long result = element(BpfAttr.BPF_MAP_LOOKUP_ELEM, map, key, value);
        if (result == -Errno.ENOENT) {
            return false;
        }
        check("bpf(BPF_MAP_LOOKUP_ELEM)", result);
        return true;
    }

    /** Sets the value at {@code key}; a full map answers E2BIG. */
    void update(int map, ByteBuffer key, ByteBuffer value) throws KernelCallException {
        check("bpf(BPF_MAP_UPDATE_ELEM)", element(BpfAttr.BPF_MAP_UPDATE_ELEM, map, key, value));
    }

    /** Removes the entry at {@code key}; false if there was none. */
    boolean delete(int map, ByteBuffer key) throws KernelCallException {
        long result = element(BpfAttr.BPF_MAP_DELETE_ELEM, map, key, null);
        if (result == -Errno.ENOENT) {
            return false;
        }
        check("bpf(BPF_MAP_DELETE_ELEM)", result);
        return true;
    }

    /** Empties a hash map, many entries with one call. */
    void clear(int map, int keyBytes, int valueBytes) throws KernelCallException {
        try (SyscallArena arguments = new SyscallArena()) {
            ByteBuffer attr = buffer(BpfAttr.BYTES).putInt(BpfAttr.BATCH_MAP_FD, map);
            // The position is opaque: a bucket's number for hash maps, with room to spare.
            long position = arguments.address(buffer(Math.max(keyBytes, Long.BYTES)));
            attr.putLong(BpfAttr.BATCH_OUT, position);
            attr.putLong(BpfAttr.BATCH_KEYS, arguments.address(buffer(BATCH * keyBytes)));
            attr.putLong(BpfAttr.BATCH_VALUES, arguments.address(buffer(BATCH * valueBytes)));
            long result = 0;
            while (result == 0) {
                attr.putInt(BpfAttr.BATCH_COUNT, BATCH);
                result = command(BpfAttr.BPF_MAP_LOOKUP_AND_DELETE_BATCH, attr);
                attr.putLong(BpfAttr.BATCH_IN, position);
            }
            if (result != -Errno.ENOENT) { // the end
                check("bpf(BPF_MAP_LOOKUP_AND_DELETE_BATCH)", result);
            }
        }
    }

    void freeze(int map) throws KernelCallException {
        ByteBuffer attr = buffer(BpfAttr.BYTES).putInt(BpfAttr.MAP_FD, map);
        check("bpf(BPF_MAP_FREEZE)", command(BpfAttr.BPF_MAP_FREEZE, attr));
    }

    /**
     * Loads a program whose map references are resolved. The verifier's log is asked for only after a refusal, since it
     * makes loading slow.
     */
    int loadProgram(String name, byte[] instructions, String license, int attachType) throws KernelCallException {
        try (SyscallArena arguments = new SyscallArena()) {
            ByteBuffer attr = buffer(BpfAttr.BYTES);
            attr.putInt(BpfAttr.PROG_TYPE, BpfAttr.PROG_TYPE_KPROBE);
            attr.putInt(BpfAttr.INSN_CNT, instructions.length / BpfAttr.INSTRUCTION_BYTES);
            attr.putLong(
                    BpfAttr.INSNS, arguments.address(buffer(instructions.length).put(0, instructions)));
            attr.putLong(BpfAttr.LICENSE, arguments.cString(license));
            attr.putInt(BpfAttr.EXPECTED_ATTACH_TYPE, attachType);
            putName(attr, BpfAttr.PROG_NAME, name);
            long fd = retried(attr);
            if (fd < 0 && fd != -Errno.EPERM) {
                ByteBuffer log = buffer(LOG_BYTES);
                attr.putInt(BpfAttr.LOG_LEVEL, 1).putInt(BpfAttr.LOG_SIZE, LOG_BYTES);
                attr.putLong(BpfAttr.LOG_BUF, arguments.address(log));
                fd = retried(attr);
                if (fd < 0) {
                    arguments.copyBack();
                    throw new VerifierException(name, (int) -fd, text(log));
                }
            }
            return descriptor("bpf(BPF_PROG_LOAD) of " + name, fd);
        }
    }

    /** EAGAIN means that a signal came in between. */
    private long retried(ByteBuffer attr) {
        long fd = -Errno.EAGAIN;
        for (int i = 0; i < 5 && fd == -Errno.EAGAIN; i++) {
            fd = command(BpfAttr.BPF_PROG_LOAD, attr);
        }
        return fd;
    }

    /** A link, or {@code -errno}: callers probe for features with it. */
    long createLink(ByteBuffer attr) {
        return command(BpfAttr.BPF_LINK_CREATE, attr);
    }

    private long element(int command, int map, @Nullable ByteBuffer key, @Nullable ByteBuffer value) {
        try (SyscallArena arguments = new SyscallArena()) {
            ByteBuffer attr = buffer(BpfAttr.BYTES).putInt(BpfAttr.MAP_FD, map);
            attr.putLong(BpfAttr.KEY, key == null ? 0 : arguments.address(key));
            attr.putLong(BpfAttr.VALUE, value == null ? 0 : arguments.address(value));
            return command(command, attr);
        }
    }

    private long command(int command, ByteBuffer attr) {
        try (SyscallArena arguments = new SyscallArena()) {
            return kernel.call(SystemCall.BPF, command, arguments.address(attr), BpfAttr.BYTES);
        }
    }

    private static int descriptor(String call, long result) throws KernelCallException {
        check(call, result);
        return (int) result;
    }

    static void check(String call, long result) throws KernelCallException {
        if (result < 0) {
            throw new KernelCallException(call, (int) -result);
        }
    }

    /** Names may have letters, digits, {@code _} and {@code .}, and 15 of them. */
    private static void putName(ByteBuffer attr, int at, String name) {
        for (int i = 0; i < Math.min(name.length(), BpfAttr.NAME_BYTES - 1); i++) {
            attr.put(at + i, (byte) name.charAt(i));
        }
    }

    private static String text(ByteBuffer log) {
        byte[] bytes = new byte[LOG_BYTES];
        log.get(0, bytes);
        int length = 0;
        while (length < bytes.length && bytes[length] != 0) {
            length++;
        }
        return new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
    }
}

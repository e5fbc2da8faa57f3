// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import io.dwunw.agent.linux.Errno;
import io.dwunw.agent.linux.Kernel;
import io.dwunw.agent.linux.Linux;
import io.dwunw.agent.linux.SystemCall;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * A kernel that gives everything without doing anything, and needs no privilege: descriptors are numbers, mappings are
 * anonymous memory. Calls can be made to fail, and each descriptor and mapping remembers who made it, so that one which
 * is left over can be named.
 */
final class FakeKernel implements Kernel {
    private static final int FIRST_DESCRIPTOR = 100_000;
    private static final int MAP_PRIVATE_ANONYMOUS = 0x22;
    private static final int PROT_READ_WRITE = 3;

    /** Answers to calls by name, before anything is done: 0 = go on, else the call's result. */
    interface Refusal {
        long result(int times);
    }

    private final Map<String, Refusal> refusals = new TreeMap<>();
    private final Map<String, Integer> times = new TreeMap<>();
    private final Map<Long, Throwable> open = new LinkedHashMap<>();
    private final Map<Long, Throwable> mapped = new LinkedHashMap<>();
    private String verifierLog = "";
    private int next = FIRST_DESCRIPTOR;

    /** Fails all calls of this name, see {@link #name}. */
    FakeKernel failing(String call, int error) {
        refusals.put(call, n -> -error);
        return this;
    }

    FakeKernel failingOnce(String call, int error) {
        refusals.put(call, n -> n == 0 ? -error : 0);
        return this;
    }

    FakeKernel rejecting(String log) {
        verifierLog = log;
        return failing("PROG_LOAD", Errno.EACCES);
    }

    int times(String call) {
        return times.getOrDefault(call, 0);
    }

    /** What was opened or mapped and is not closed, with the stack of its making. */
    Map<Long, Throwable> leaks() {
        Map<Long, Throwable> leaks = new LinkedHashMap<>(open);
        leaks.putAll(mapped);
        return leaks;
    }

    @Override
    public long call(long number, long a1, long a2, long a3, long a4, long a5, long a6) {
        String name = name(number, a1, a2);
        int before = times.merge(name, 1, Integer::sum) - 1;
        Refusal refusal = refusals.get(name);
        long refused = refusal == null ? 0 : refusal.result(before);
        if (refused != 0) {
            if (name.equals("PROG_LOAD")) {
                writeLog(a2);
            }
            return refused;
        }
        return switch ((int) number) {
            case SystemCall.GETPID -> ProcessHandle.current().pid();
            case SystemCall.CLOSE -> open.remove(a1) == null ? -Errno.EBADF : 0;
            case SystemCall.MMAP -> map(a2);
            case SystemCall.MUNMAP -> {
                mapped.remove(a1);
                yield Kernel.RUNNING.call(SystemCall.MUNMAP, a1, a2, 0);
            }
            case SystemCall.PERF_EVENT_OPEN -> descriptor();
            case SystemCall.BPF -> bpf(a1, a2);
            default -> 0;
        };
    }

    private long bpf(long command, long attr) {
        return switch ((int) command) {
            case BpfAttr.BPF_MAP_CREATE, BpfAttr.BPF_PROG_LOAD -> descriptor();
            case BpfAttr.BPF_LINK_CREATE ->
                link(Linux.memory(attr, BpfAttr.BYTES).order(ByteOrder.LITTLE_ENDIAN));
            case BpfAttr.BPF_MAP_LOOKUP_AND_DELETE_BATCH, BpfAttr.BPF_MAP_LOOKUP_ELEM -> -Errno.ENOENT;
            default -> 0;
        };
    }

    /** As the kernel does: the path is looked at first, then the process. */
    private long link(ByteBuffer attr) {
        int type = attr.getInt(BpfAttr.LINK_ATTACH_TYPE);
        if (type == BpfAttr.BPF_PERF_EVENT) {
            return attr.getInt(BpfAttr.LINK_TARGET_FD) < 0 ? -Errno.EBADF : descriptor();
        }
        if (attr.getInt(BpfAttr.MULTI_PID) < 0) {
            return -Errno.EINVAL;
        }
        ByteBuffer path = Linux.memory(attr.getLong(BpfAttr.MULTI_PATH), 2);
        return path.get(0) == '/' && path.get(1) == 0 ? -Errno.EBADF : descriptor();
    }

    private long map(long length) {
        long address = Kernel.RUNNING.call(SystemCall.MMAP, 0, length, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
        mapped.put(address, new Throwable("mapped here"));
        return address;
    }

    private long descriptor() {
        long fd = next++;
        open.put(fd, new Throwable("opened here"));
        return fd;
    }

    private void writeLog(long attrAddress) {
        ByteBuffer attr = Linux.memory(attrAddress, BpfAttr.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        if (attr.getInt(BpfAttr.LOG_LEVEL) > 0) {
            byte[] text = verifierLog.getBytes(StandardCharsets.ISO_8859_1);
            Linux.memory(attr.getLong(BpfAttr.LOG_BUF), attr.getInt(BpfAttr.LOG_SIZE))
                    .put(0, text);
        }
    }

    /** Of a bpf call its command, with the attach type of programs and links for uprobes. */
    private static String name(long number, long a1, long a2) {
        return switch ((int) number) {
            case SystemCall.BPF -> bpfName((int) a1, a2);
            case SystemCall.MMAP -> "mmap";
            case SystemCall.PERF_EVENT_OPEN -> "perf_event_open";
            case SystemCall.PRLIMIT64 -> "prlimit64";
            case SystemCall.IOCTL -> "ioctl";
            default -> "call " + number;
        };
    }

    private static String bpfName(int command, long attrAddress) {
        ByteBuffer attr = Linux.memory(attrAddress, BpfAttr.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        return switch (command) {
            case BpfAttr.BPF_MAP_CREATE ->
                attr.getInt(BpfAttr.MAP_TYPE) == BpfAttr.MAP_TYPE_RINGBUF ? "RING_CREATE" : "MAP_CREATE";
            case BpfAttr.BPF_PROG_LOAD -> {
                int type = attr.getInt(BpfAttr.EXPECTED_ATTACH_TYPE);
                yield type == 0 ? "PROG_LOAD" : "PROG_LOAD " + type;
            }
            case BpfAttr.BPF_LINK_CREATE -> "LINK_CREATE " + attr.getInt(BpfAttr.LINK_ATTACH_TYPE);
            default -> "bpf " + command;
        };
    }
}

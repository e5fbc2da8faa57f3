// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import io.dwunw.agent.bpf.ProbedFile.ProbePoint;
import io.dwunw.agent.linux.Errno;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * One link for all functions (uprobe_multi): with a session program, entry and return programs, or an entry program.
 */
final class MultiLinks implements Links.Method {
    /** Must agree with {@code COOKIE_FUNCTION_SHIFT} in dwunw.bpf.c. */
    private static final int COOKIE_FUNCTION_SHIFT = 56;

    private static final byte[] RETURN_ZERO = {
        (byte) 0xb7, 0, 0, 0, 0, 0, 0, 0, // r0 = 0
        (byte) 0x95, 0, 0, 0, 0, 0, 0, 0, // exit
    };

    private static final int NO_PROGRAM = -1;

    private final BpfSystem bpf;
    private final int pid;
    private final int entry;
    private final int leave;

    private MultiLinks(BpfSystem bpf, int pid, int entry, int leave) {
        this.bpf = bpf;
        this.pid = pid;
        this.entry = entry;
        this.leave = leave;
    }

    /** @param prefix of the programs' names */
    static MultiLinks session(BpfSystem bpf, LoadedObject object, int pid, String prefix) throws KernelCallException {
        int program = object.program(prefix + "session", BpfAttr.BPF_TRACE_UPROBE_SESSION);
        return new MultiLinks(bpf, pid, program, program);
    }

    static MultiLinks entryAndReturn(BpfSystem bpf, LoadedObject object, int pid, String prefix)
            throws KernelCallException {
        int entry = object.program(prefix + "entry", BpfAttr.BPF_TRACE_UPROBE_MULTI);
        int leave = object.program(prefix + "leave", BpfAttr.BPF_TRACE_UPROBE_MULTI);
        return new MultiLinks(bpf, pid, entry, leave);
    }

    /** For functions whose returns do not matter. */
    static MultiLinks entryOnly(BpfSystem bpf, LoadedObject object, int pid, String program)
            throws KernelCallException {
        return new MultiLinks(bpf, pid, object.program(program, BpfAttr.BPF_TRACE_UPROBE_MULTI), NO_PROGRAM);
    }

    /**
     * Whether the kernel knows an attach type, and its filter by process works for all threads. A link to the root
     * directory fails with EBADF where the type is known, before anything else is looked at; a negative pid is refused
     * as invalid since the filter was repaired.
     */
    static boolean isSupported(BpfSystem bpf, int attachType) throws KernelCallException {
        int program;
        try {
            program = bpf.loadProgram("dwunw_probe", RETURN_ZERO, "GPL", attachType);
        } catch (KernelCallException e) {
            if (Links.isUnsupported(e)) {
                return false;
            }
            throw e;
        }
        try {
            long[] offsets = {0};
            return link(bpf, program, attachType, "/", offsets, offsets, 0, 0) == -Errno.EBADF
                    && link(bpf, program, attachType, "/", offsets, offsets, 0, -1) == -Errno.EINVAL;
        } finally {
            bpf.close(program);
        }
    }

    @Override
    public Links attach(ProbedFile file) throws KernelCallException {
        List<Integer> descriptors = new ArrayList<>();
        Links links = Links.of(bpf, descriptors);
        try {
            if (leave == entry) {
                descriptors.add(link(file, entry, BpfAttr.BPF_TRACE_UPROBE_SESSION, 0));
                return links;
            }
            if (leave != NO_PROGRAM) {
                // Returns first: an entry without its return would leave a call waiting.
                int returned = BpfAttr.BPF_F_UPROBE_MULTI_RETURN;
                descriptors.add(link(file, leave, BpfAttr.BPF_TRACE_UPROBE_MULTI, returned));
            }
            descriptors.add(link(file, entry, BpfAttr.BPF_TRACE_UPROBE_MULTI, 0));
            return links;
        } catch (KernelCallException e) {
            links.close();
            throw e;
        }
    }

    private int link(ProbedFile file, int program, int attachType, int flags) throws KernelCallException {
        List<ProbePoint> points = new ArrayList<>();
        for (ProbePoint point : file.points()) {
            if (flags == 0 || point.returns()) {
                points.add(point);
            }
        }
        long[] offsets = new long[points.size()];
        long[] cookies = new long[points.size()];
        for (int i = 0; i < offsets.length; i++) {
            ProbePoint point = points.get(i);
            offsets[i] = point.fileOffset();
            cookies[i] = ((long) point.function() << COOKIE_FUNCTION_SHIFT) | point.avma();
        }
        long fd = link(bpf, program, attachType, file.path(), offsets, cookies, flags, pid);
        BpfSystem.check("bpf(BPF_LINK_CREATE)", fd);
        return (int) fd;
    }

    private static long link(
            BpfSystem bpf, int program, int type, String path, long[] offsets, long[] cookies, int flags, int pid) {
        try (SyscallArena arguments = new SyscallArena()) {
            ByteBuffer attr = BpfSystem.buffer(BpfAttr.BYTES);
            attr.putInt(BpfAttr.LINK_PROG_FD, program);
            attr.putInt(BpfAttr.LINK_ATTACH_TYPE, type);
            attr.putLong(BpfAttr.MULTI_PATH, arguments.cString(path));
            attr.putLong(BpfAttr.MULTI_OFFSETS, arguments.longs(offsets));
            attr.putLong(BpfAttr.MULTI_COOKIES, arguments.longs(cookies));
            attr.putInt(BpfAttr.MULTI_CNT, offsets.length);
            attr.putInt(BpfAttr.MULTI_FLAGS, flags);
            attr.putInt(BpfAttr.MULTI_PID, pid);
            return bpf.createLink(attr);
        }
    }

    @Override
    public String description() {
        if (leave == NO_PROGRAM) {
            return "uprobe_multi";
        }
        return leave == entry ? "uprobe_multi, session" : "uprobe_multi, entry and return";
    }
}

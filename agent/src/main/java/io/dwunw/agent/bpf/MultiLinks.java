package io.dwunw.agent.bpf;

import io.dwunw.agent.linux.Errno;
import io.dwunw.agent.sample.Allocator;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** One link for all functions (uprobe_multi), with one session program or with an entry and a return program. */
final class MultiLinks implements Links.Method {
    /** Must agree with {@code COOKIE_ALLOCATOR_SHIFT} in dwunw.bpf.c. */
    private static final int COOKIE_ALLOCATOR_SHIFT = 56;

    private static final byte[] RETURN_ZERO = {
        (byte) 0xb7, 0, 0, 0, 0, 0, 0, 0, // r0 = 0
        (byte) 0x95, 0, 0, 0, 0, 0, 0, 0, // exit
    };

    private final BpfSystem bpf;
    private final int pid;
    private final boolean session;
    private final int entry;
    private final int leave;

    private MultiLinks(BpfSystem bpf, int pid, boolean session, int entry, int leave) {
        this.bpf = bpf;
        this.pid = pid;
        this.session = session;
        this.entry = entry;
        this.leave = leave;
    }

    static MultiLinks session(BpfSystem bpf, LoadedObject object, int pid) throws KernelCallException {
        int program = object.program("session", BpfAttr.BPF_TRACE_UPROBE_SESSION);
        return new MultiLinks(bpf, pid, true, program, program);
    }

    static MultiLinks entryAndReturn(BpfSystem bpf, LoadedObject object, int pid) throws KernelCallException {
        int entry = object.program("entry", BpfAttr.BPF_TRACE_UPROBE_MULTI);
        int leave = object.program("leave", BpfAttr.BPF_TRACE_UPROBE_MULTI);
        return new MultiLinks(bpf, pid, false, entry, leave);
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
    public Links attach(Libc libc) throws KernelCallException {
        List<Integer> descriptors = new ArrayList<>();
        Links links = Links.of(bpf, descriptors);
        try {
            if (session) {
                descriptors.add(link(libc, entry, BpfAttr.BPF_TRACE_UPROBE_SESSION, 0));
            } else {
                // Returns first: an entry without its return would leave a call waiting.
                int returned = BpfAttr.BPF_F_UPROBE_MULTI_RETURN;
                descriptors.add(link(libc, leave, BpfAttr.BPF_TRACE_UPROBE_MULTI, returned));
                descriptors.add(link(libc, entry, BpfAttr.BPF_TRACE_UPROBE_MULTI, 0));
            }
            return links;
        } catch (KernelCallException e) {
            links.close();
            throw e;
        }
    }

    private int link(Libc libc, int program, int attachType, int flags) throws KernelCallException {
        List<Libc.ProbePoint> points = new ArrayList<>(libc.points());
        // free() is never waited for.
        points.removeIf(p -> flags != 0 && p.allocator() == Allocator.FREE);
        long[] offsets = new long[points.size()];
        long[] cookies = new long[points.size()];
        for (int i = 0; i < offsets.length; i++) {
            Libc.ProbePoint point = points.get(i);
            offsets[i] = point.fileOffset();
            cookies[i] = ((long) point.allocator().number() << COOKIE_ALLOCATOR_SHIFT) | point.avma();
        }
        long fd = link(bpf, program, attachType, libc.path(), offsets, cookies, flags, pid);
        BpfSystem.check("bpf(BPF_LINK_CREATE)", fd);
        return (int) fd;
    }

    private static long link(
            BpfSystem bpf, int program, int type, String path, long[] offsets, long[] cookies, int flags, int pid) {
        try (Arguments arguments = new Arguments()) {
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
        return session ? "uprobe_multi, session" : "uprobe_multi, entry and return";
    }
}

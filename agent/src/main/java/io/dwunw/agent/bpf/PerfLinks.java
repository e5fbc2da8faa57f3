// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import io.dwunw.agent.bpf.ProbedFile.ProbePoint;
import io.dwunw.agent.linux.Errno;
import io.dwunw.agent.linux.SystemCall;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * One perf event for each function and way, for kernels before 6.6: more expensive to attach, and a process that has
 * many of them exits slowly. Programs are attached by a link, or by ioctl before 5.15.
 */
final class PerfLinks implements Links.Method {
    private static final String TYPE_FILE = "/sys/bus/event_source/devices/uprobe/type";

    /** {@code struct perf_event_attr}, include/uapi/linux/perf_event.h. */
    private static final int ATTR_BYTES = 128;

    private static final int ATTR_TYPE = 0;
    private static final int ATTR_SIZE = 4;
    private static final int ATTR_CONFIG = 8;
    private static final int ATTR_PATH = 56;
    private static final int ATTR_OFFSET = 64;
    /** {@code format/retprobe} of the uprobe PMU says config:0. */
    private static final long CONFIG_RETURN = 1;

    private static final int NONE = -1;
    private static final int PERF_FLAG_FD_CLOEXEC = 8;
    private static final int PERF_EVENT_IOC_ENABLE = 0x2400;
    private static final int PERF_EVENT_IOC_SET_BPF = 0x40042408;

    private final BpfSystem bpf;
    private final int type;
    private final int pid;
    private final int probes;
    private final int entry;
    private final int leave;
    private final boolean byIoctl;

    private PerfLinks(BpfSystem bpf, int type, int pid, int probes, int entry, int leave, boolean byIoctl) {
        this.bpf = bpf;
        this.type = type;
        this.pid = pid;
        this.probes = probes;
        this.entry = entry;
        this.leave = leave;
        this.byIoctl = byIoctl;
    }

    static PerfLinks load(BpfSystem bpf, LoadedObject object, ProcFiles files, int pid, boolean byIoctl)
            throws KernelCallException {
        int type = eventType(files);
        int entry = object.program("entry_by_pc", BpfAttr.ATTACH_NONE);
        int leave = object.program("leave", BpfAttr.ATTACH_NONE);
        return new PerfLinks(bpf, type, pid, object.map("probes"), entry, leave, byIoctl);
    }

    /** For functions whose returns do not matter. */
    static PerfLinks entryOnly(
            BpfSystem bpf, LoadedObject object, ProcFiles files, int pid, String program, boolean byIoctl)
            throws KernelCallException {
        int type = eventType(files);
        return new PerfLinks(bpf, type, pid, NONE, object.program(program, BpfAttr.ATTACH_NONE), NONE, byIoctl);
    }

    private static int eventType(ProcFiles files) throws KernelCallException {
        String type = files.readIfPresent(TYPE_FILE).strip();
        if (type.isEmpty() || !type.chars().allMatch(Character::isDigit)) {
            throw new KernelCallException(TYPE_FILE, Errno.ENOENT);
        }
        return Integer.parseInt(type);
    }

    /** Whether perf events can have links: one to no event fails with EBADF where they are known. */
    boolean isSupported() {
        ByteBuffer attr = BpfSystem.buffer(BpfAttr.BYTES);
        attr.putInt(BpfAttr.LINK_PROG_FD, entry);
        attr.putInt(BpfAttr.LINK_TARGET_FD, -1);
        attr.putInt(BpfAttr.LINK_ATTACH_TYPE, BpfAttr.BPF_PERF_EVENT);
        return bpf.createLink(attr) == -Errno.EBADF;
    }

    /** Attaches the programs to the user's functions, by perf events. */
    PerfLinks byIoctl() {
        return new PerfLinks(bpf, type, pid, probes, entry, leave, true);
    }

    @Override
    public Links attach(ProbedFile file) throws KernelCallException {
        List<Integer> descriptors = new ArrayList<>();
        Links links = Links.of(bpf, descriptors);
        try {
            for (ProbePoint point : file.points()) {
                if (leave != NONE) {
                    ByteBuffer key = BpfSystem.buffer(Long.BYTES).putLong(0, point.avma());
                    bpf.update(probes, key, BpfSystem.buffer(Integer.BYTES).putInt(0, point.function()));
                }
                if (leave != NONE && point.returns()) {
                    attach(descriptors, file.path(), point, leave, CONFIG_RETURN);
                }
            }
            for (ProbePoint point : file.points()) {
                attach(descriptors, file.path(), point, entry, 0);
            }
            return links;
        } catch (KernelCallException e) {
            links.close();
            throw e;
        }
    }

    @Override
    public void tryOut(ProbedFile file) throws KernelCallException {
        bpf.close(open(file.path(), file.points().get(0).fileOffset(), 0));
    }

    private void attach(List<Integer> descriptors, String path, ProbePoint point, int program, long config)
            throws KernelCallException {
        int event = open(path, point.fileOffset(), config);
        descriptors.add(event);
        if (byIoctl) {
            control(event, PERF_EVENT_IOC_SET_BPF, program);
            control(event, PERF_EVENT_IOC_ENABLE, 0);
            return;
        }
        ByteBuffer attr = BpfSystem.buffer(BpfAttr.BYTES);
        attr.putInt(BpfAttr.LINK_PROG_FD, program);
        attr.putInt(BpfAttr.LINK_TARGET_FD, event);
        attr.putInt(BpfAttr.LINK_ATTACH_TYPE, BpfAttr.BPF_PERF_EVENT);
        long link = bpf.createLink(attr);
        BpfSystem.check("bpf(BPF_LINK_CREATE)", link);
        descriptors.add((int) link);
    }

    /** For the process by its id: an event for "the calling thread" would die with that thread. */
    private int open(String path, long offset, long config) throws KernelCallException {
        try (SyscallArena arguments = new SyscallArena()) {
            ByteBuffer attr = BpfSystem.buffer(ATTR_BYTES);
            attr.putInt(ATTR_TYPE, type);
            attr.putInt(ATTR_SIZE, ATTR_BYTES);
            attr.putLong(ATTR_CONFIG, config);
            attr.putLong(ATTR_PATH, arguments.cString(path));
            attr.putLong(ATTR_OFFSET, offset);
            long address = arguments.address(attr);
            long fd = bpf.kernel().call(SystemCall.PERF_EVENT_OPEN, address, pid, -1, -1, PERF_FLAG_FD_CLOEXEC, 0);
            BpfSystem.check("perf_event_open", fd);
            return (int) fd;
        }
    }

    private void control(int event, int request, int argument) throws KernelCallException {
        BpfSystem.check("ioctl of a perf event", bpf.kernel().call(SystemCall.IOCTL, event, request, argument));
    }

    @Override
    public String description() {
        return byIoctl ? "perf events, ioctl" : "perf events, links";
    }
}

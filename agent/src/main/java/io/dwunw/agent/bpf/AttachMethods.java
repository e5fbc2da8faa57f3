// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import io.dwunw.agent.linux.Errno;

/** Ways to set the probes, from the best down. Which one a kernel has is found out by trying. */
enum AttachMethods {
    /** The first of the others that works. */
    BEST,
    SESSION,
    MULTI,
    PERF_LINK,
    PERF_IOCTL;

    /** Loads the programs for a way that the kernel supports, or fails with what the last one said. */
    Links.Method choose(BpfSystem bpf, LoadedObject object, ProcFiles files, int pid) throws KernelCallException {
        return switch (this) {
            case SESSION -> MultiLinks.session(bpf, object, pid, "");
            case MULTI -> MultiLinks.entryAndReturn(bpf, object, pid, "");
            case PERF_LINK -> PerfLinks.load(bpf, object, files, pid, false);
            case PERF_IOCTL -> PerfLinks.load(bpf, object, files, pid, true);
            case BEST -> best(bpf, object, files, pid);
        };
    }

    private static Links.Method best(BpfSystem bpf, LoadedObject object, ProcFiles files, int pid)
            throws KernelCallException {
        if (MultiLinks.isSupported(bpf, BpfAttr.BPF_TRACE_UPROBE_SESSION)) {
            return SESSION.choose(bpf, object, files, pid);
        }
        if (supportsMulti(bpf)) {
            return MULTI.choose(bpf, object, files, pid);
        }
        PerfLinks links = PerfLinks.load(bpf, object, files, pid, false);
        return links.isSupported() ? links : links.byIoctl();
    }

    /** Chooses how to attach one program at instructions of which no return matters. */
    Links.Method chooseEntryOnly(BpfSystem bpf, LoadedObject object, ProcFiles files, int pid, String program)
            throws KernelCallException {
        boolean multi = this == SESSION || this == MULTI || (this == BEST && supportsMulti(bpf));
        if (multi) {
            return MultiLinks.entryOnly(bpf, object, pid, program);
        }
        PerfLinks links = PerfLinks.entryOnly(bpf, object, files, pid, program, this == PERF_IOCTL);
        return this != BEST || links.isSupported() ? links : links.byIoctl();
    }

    /**
     * Chooses how to attach to the user's functions, which need cookies at their returns, too: only a multi link has
     * those.
     */
    Links.Method chooseCustom(BpfSystem bpf, LoadedObject object, int pid) throws KernelCallException {
        String prefix = "custom_";
        boolean session = MultiLinks.isSupported(bpf, BpfAttr.BPF_TRACE_UPROBE_SESSION);
        if (this == SESSION || (this == BEST && session)) {
            return MultiLinks.session(bpf, object, pid, prefix);
        }
        if (this == MULTI || supportsMulti(bpf)) {
            return MultiLinks.entryAndReturn(bpf, object, pid, prefix);
        }
        throw new KernelCallException("uprobe_multi, from Linux 6.6 on", Errno.EOPNOTSUPP);
    }

    private static boolean supportsMulti(BpfSystem bpf) throws KernelCallException {
        return MultiLinks.isSupported(bpf, BpfAttr.BPF_TRACE_UPROBE_MULTI);
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import io.dwunw.agent.bpf.BpfUnavailableException.Reason;
import io.dwunw.agent.linux.Errno;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Turns a refused call into one line of advice. Cold. */
final class Diagnosis {
    private static final int CAP_SYS_ADMIN = 21;
    private static final int CAP_PERFMON = 38;
    private static final int CAP_BPF = 39;

    private final ProcFiles files;

    Diagnosis(ProcFiles files) {
        this.files = files;
    }

    BpfUnavailableException of(KernelCallException failure) {
        if (failure instanceof VerifierException rejected && !rejected.log().isBlank()) {
            return with(
                    Reason.VERIFIER,
                    "the kernel's verifier rejects the BPF program (" + failure.getMessage()
                            + "): please report this line with the output of `uname -r`",
                    failure);
        }
        return switch (failure.error()) {
            case Errno.EPERM, Errno.EACCES -> refused(failure);
            case Errno.ENOSYS ->
                seccomp()
                        ? filtered(failure)
                        : with(
                                Reason.OLD_KERNEL,
                                "this kernel has no bpf() (" + failure.getMessage()
                                        + "): Linux 5.8 or later with CONFIG_BPF_SYSCALL is needed",
                                failure);
            case Errno.EINVAL, Errno.EOPNOTSUPP ->
                with(
                        Reason.OLD_KERNEL,
                        "this kernel is too old (" + failure.getMessage() + "): Linux 5.8 or later is needed",
                        failure);
            case Errno.ENOENT, Errno.ENODEV ->
                with(
                        Reason.NO_UPROBES,
                        "this kernel has no uprobes (" + failure.getMessage()
                                + "): one built with CONFIG_UPROBE_EVENTS is needed",
                        failure);
            case Errno.ENOMEM, Errno.EMFILE, Errno.ENOSPC, Errno.EAGAIN ->
                with(
                        Reason.RESOURCES,
                        "the kernel has no room for the BPF maps (" + failure.getMessage()
                                + "): raise the memory or file limit of this process",
                        failure);
            default ->
                with(
                        Reason.REFUSED,
                        "the kernel refuses BPF (" + failure.getMessage() + "): see the kernel's log",
                        failure);
        };
    }

    private BpfUnavailableException refused(KernelCallException failure) {
        long capabilities = capabilities();
        boolean admin = has(capabilities, CAP_SYS_ADMIN);
        boolean bpf = has(capabilities, CAP_BPF) && has(capabilities, CAP_PERFMON);
        String what = failure.getMessage();
        if (!admin && !bpf) {
            return noPermission(" (" + what + ")", failure);
        }
        if (!files.readIfPresent("/proc/self/uid_map").isBlank() && !initialUserNamespace()) {
            return with(
                    Reason.MISSING_CAPABILITY,
                    "capabilities of a user namespace do not count for BPF (" + what
                            + "): run the JVM outside of it, or in a container that is not rootless",
                    failure);
        }
        if (files.readIfPresent("/sys/kernel/security/lockdown").contains("[confidentiality]")) {
            return with(
                    Reason.LOCKDOWN,
                    "kernel lockdown in confidentiality mode forbids BPF (" + what
                            + "): boot with lockdown=integrity or none",
                    failure);
        }
        if (seccomp()) {
            return filtered(failure);
        }
        if (!admin && failure.call().startsWith("perf_event_open")) {
            return with(
                    Reason.MISSING_CAPABILITY,
                    "this kernel attaches uprobes by perf events only (" + what
                            + "): they need CAP_SYS_ADMIN (docker run --cap-add SYS_ADMIN), or Linux 6.6 or later",
                    failure);
        }
        return with(
                Reason.REFUSED,
                "the kernel refuses BPF although the capabilities are there (" + what
                        + "): a security module (SELinux, AppArmor) may forbid it, see its log",
                failure);
    }

    /** Diagnosis that takes no system call: empty if this process has the capabilities. */
    Optional<BpfUnavailableException> missingCapabilities() {
        long held = capabilities();
        boolean enough = has(held, CAP_SYS_ADMIN) || (has(held, CAP_BPF) && has(held, CAP_PERFMON));
        return enough ? Optional.empty() : Optional.of(noPermission("", null));
    }

    private static BpfUnavailableException noPermission(String what, @Nullable KernelCallException failure) {
        return with(
                Reason.MISSING_CAPABILITY,
                "no permission for uprobes" + what + ": run as root, or with the capabilities CAP_BPF and CAP_PERFMON"
                        + " (docker run --cap-add BPF --cap-add PERFMON)",
                failure);
    }

    private BpfUnavailableException filtered(KernelCallException failure) {
        return with(
                Reason.SECCOMP,
                "a seccomp filter forbids BPF (" + failure.getMessage()
                        + "): allow bpf and perf_event_open (docker run --security-opt seccomp=unconfined)",
                failure);
    }

    private long capabilities() {
        String value = statusField("CapEff");
        try {
            return value.isEmpty() ? 0 : Long.parseUnsignedLong(value, 16);
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private boolean seccomp() {
        return statusField("Seccomp").equals("2");
    }

    /** The initial namespace maps all of 32 bits onto itself. */
    private boolean initialUserNamespace() {
        String[] fields = files.readIfPresent("/proc/self/uid_map").strip().split("\\s+", -1);
        return fields.length == 3 && fields[0].equals("0") && fields[1].equals("0") && fields[2].equals("4294967295");
    }

    private String statusField(String name) {
        for (String line : files.readIfPresent("/proc/self/status").split("\n", -1)) {
            if (line.startsWith(name + ":")) {
                return line.substring(name.length() + 1).strip();
            }
        }
        return "";
    }

    private static boolean has(long capabilities, int capability) {
        return ((capabilities >>> capability) & 1) != 0;
    }

    private static BpfUnavailableException with(Reason reason, String message, @Nullable Throwable cause) {
        return new BpfUnavailableException(reason, message, cause);
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.dwunw.agent.bpf.BpfUnavailableException.Reason;
import io.dwunw.agent.linux.Errno;
import io.dwunw.agent.linux.NativeLibrary;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Every way in which uprobes can be refused: its reason, its advice, and nothing left open. Needs no privilege. */
class UnavailableTest {
    private static final String ALL_CAPABILITIES = "CapEff:\t000001ffffffffff\n";
    private static final String BPF_AND_PERFMON = "CapEff:\t000000c000000000\n";
    private static final String NO_CAPABILITIES = "CapEff:\t0000000000000000\n";
    private static final String INITIAL_NAMESPACE = "         0          0 4294967295\n";

    private final Map<String, String> files = new HashMap<>(Map.of(
            "/proc/self/status",
            ALL_CAPABILITIES + "Seccomp:\t0\n",
            "/proc/self/uid_map",
            INITIAL_NAMESPACE,
            "/sys/kernel/security/lockdown",
            "[none] integrity confidentiality\n",
            "/sys/bus/event_source/devices/uprobe/type",
            "9\n"));
    private final FakeKernel kernel = new FakeKernel();

    @BeforeAll
    static void load() throws Exception {
        NativeLibrary.load();
    }

    private String file(String path) throws IOException {
        String text = files.get(path);
        return text == null ? ProcFiles.RUNNING.read(path) : text;
    }

    private UprobeEngine open() throws BpfUnavailableException {
        return UprobeEngine.open(UprobeConfig.of(1), kernel, this::file, AttachMethods.BEST);
    }

    private void assertRefused(Reason reason, String... advice) {
        BpfUnavailableException e = catchThrowableOfType(BpfUnavailableException.class, this::open);
        assertThat(e).isNotNull();
        assertThat(e.reason()).as(e.getMessage()).isEqualTo(reason);
        assertThat(e.getMessage()).contains(advice).doesNotContain("\n");
        assertThat(kernel.leaks()).isEmpty();
    }

    @Test
    void theBestMethodIsTakenAndEverythingIsGivenBack() throws Exception {
        try (UprobeEngine engine = open()) {
            assertThat(engine.description()).isEqualTo("uprobe_multi, session");
            engine.attach();
            engine.attach();
            assertThat(engine.attached()).isTrue();
            engine.detach();
            engine.detach();
            assertThat(engine.attached()).isFalse();
            engine.attach();
        }
        assertThat(kernel.leaks()).isEmpty();
    }

    @Test
    void olderKernelsAreServedByOlderMethods() throws Exception {
        kernel.failing("PROG_LOAD 57", Errno.EINVAL);
        assertMethod("uprobe_multi, entry and return");
        kernel.failing("PROG_LOAD 48", Errno.EINVAL);
        assertMethod("perf events, links");
        kernel.failing("LINK_CREATE 41", Errno.EINVAL);
        assertMethod("perf events, ioctl");
    }

    @Test
    void aMultiLinkWhoseProcessFilterIsBrokenIsNotUsed() throws Exception {
        kernel.failing("LINK_CREATE 57", Errno.EINVAL).failing("LINK_CREATE 48", Errno.EBADF);
        assertMethod("perf events, links");
    }

    private void assertMethod(String description) throws Exception {
        try (UprobeEngine engine = open()) {
            assertThat(engine.description()).isEqualTo(description);
            engine.attach();
            engine.detach();
        }
        assertThat(kernel.leaks()).isEmpty();
    }

    @Test
    void aFailureWhileAttachingLeavesNothingBehind() throws Exception {
        kernel.failing("PROG_LOAD 57", Errno.EINVAL).failing("PROG_LOAD 48", Errno.EINVAL);
        kernel.failing("ioctl", Errno.EACCES).failing("LINK_CREATE 41", Errno.EINVAL);
        files.put("/proc/self/status", ALL_CAPABILITIES + "Seccomp:\t2\n");
        try (UprobeEngine engine = open()) {
            int before = kernel.leaks().size();
            BpfUnavailableException e = catchThrowableOfType(BpfUnavailableException.class, engine::attach);
            assertThat(e.reason()).isEqualTo(Reason.SECCOMP);
            assertThat(engine.attached()).isFalse();
            assertThat(kernel.leaks()).hasSize(before);
        }
        assertThat(kernel.leaks()).isEmpty();
    }

    @Test
    void withoutCapabilities() {
        files.put("/proc/self/status", NO_CAPABILITIES);
        kernel.failing("MAP_CREATE", Errno.EPERM).failing("RING_CREATE", Errno.EPERM);
        assertRefused(Reason.MISSING_CAPABILITY, "run as root", "CAP_BPF and CAP_PERFMON");
    }

    @Test
    void withCapabilityForMapsButNotForPrograms() {
        files.put("/proc/self/status", "CapEff:\t0000008000000000\n");
        kernel.failing("PROG_LOAD 57", Errno.EPERM);
        assertRefused(Reason.MISSING_CAPABILITY, "CAP_PERFMON");
    }

    @Test
    void inAUserNamespace() {
        files.put("/proc/self/uid_map", "         0       1000          1\n");
        kernel.failing("MAP_CREATE", Errno.EPERM).failing("RING_CREATE", Errno.EPERM);
        assertRefused(Reason.MISSING_CAPABILITY, "user namespace");
    }

    @Test
    void perfEventsNeedMore() {
        files.put("/proc/self/status", BPF_AND_PERFMON);
        kernel.failing("PROG_LOAD 57", Errno.EINVAL).failing("PROG_LOAD 48", Errno.EINVAL);
        kernel.failing("perf_event_open", Errno.EACCES);
        assertRefused(Reason.MISSING_CAPABILITY, "CAP_SYS_ADMIN");
    }

    @Test
    void behindASeccompFilter() {
        files.put("/proc/self/status", ALL_CAPABILITIES + "Seccomp:\t2\n");
        kernel.failing("MAP_CREATE", Errno.EPERM).failing("RING_CREATE", Errno.EPERM);
        assertRefused(Reason.SECCOMP, "seccomp");
        kernel.failing("MAP_CREATE", Errno.ENOSYS).failing("RING_CREATE", Errno.ENOSYS);
        assertRefused(Reason.SECCOMP, "seccomp");
    }

    @Test
    void underLockdown() {
        files.put("/sys/kernel/security/lockdown", "none integrity [confidentiality]\n");
        kernel.failing("PROG_LOAD 57", Errno.EPERM);
        assertRefused(Reason.LOCKDOWN, "lockdown");
    }

    @Test
    void refusedForNoVisibleReason() {
        kernel.failing("PROG_LOAD 57", Errno.EPERM);
        assertRefused(Reason.REFUSED, "security module");
    }

    @Test
    void onAKernelWithoutRingBuffersOrBpf() {
        kernel.failing("RING_CREATE", Errno.EINVAL);
        assertRefused(Reason.OLD_KERNEL, "5.8");
        kernel.failing("RING_CREATE", Errno.ENOSYS).failing("MAP_CREATE", Errno.ENOSYS);
        assertRefused(Reason.OLD_KERNEL, "5.8");
    }

    @Test
    void onAKernelWithoutUprobes() {
        kernel.failing("PROG_LOAD 57", Errno.EINVAL).failing("PROG_LOAD 48", Errno.EINVAL);
        files.put("/sys/bus/event_source/devices/uprobe/type", "");
        assertRefused(Reason.NO_UPROBES, "CONFIG_UPROBE_EVENTS");
    }

    @Test
    void rejectedByTheVerifier() {
        kernel.failing("PROG_LOAD 57", Errno.EINVAL).failing("PROG_LOAD 48", Errno.EINVAL);
        kernel.rejecting("""
                0: (79) r1 = *(u64 *)(r1 +0)
                R1 invalid mem access 'scalar'
                processed 1 insns (limit 1000000)
                """);
        assertRefused(Reason.VERIFIER, "R1 invalid mem access", "report");
    }

    @Test
    void withoutMemoryOrDescriptors() {
        kernel.failing("RING_CREATE", Errno.ENOMEM);
        assertRefused(Reason.RESOURCES, "limit");
        kernel.failing("RING_CREATE", Errno.EMFILE);
        assertRefused(Reason.RESOURCES, "limit");
    }

    @Test
    void whenTheRingCannotBeMapped() {
        kernel.failing("mmap", Errno.ENOMEM);
        assertRefused(Reason.RESOURCES, "limit");
    }

    @Test
    void theLockedMemoryLimitOfOldKernelsIsRaisedOnce() throws Exception {
        kernel.failingOnce("RING_CREATE", Errno.EPERM);
        open().close();
        assertThat(kernel.times("prlimit64")).isEqualTo(1);
        kernel.failing("MAP_CREATE", Errno.EPERM).failing("RING_CREATE", Errno.EPERM);
        assertRefused(Reason.REFUSED, "EPERM");
        assertThat(kernel.times("prlimit64")).isEqualTo(2);
    }

    @Test
    void withoutGlibc() {
        files.put("/proc/self/maps", "7f0000000000-7f0000001000 r-xp 00000000 08:01 42 /lib/ld-musl-x86_64.so.1\n");
        assertRefused(Reason.NO_GLIBC, "musl", "glibc-based JDK");
        files.put("/proc/self/maps", "00400000-00401000 r-xp 00000000 08:01 42 /opt/static-java\n");
        assertRefused(Reason.NO_GLIBC, "no libc.so.6");
    }

    @Test
    void whenLibcWasUpgradedMeanwhile() {
        files.put("/proc/self/maps", "7f0000000000-7f0000001000 r-xp 00000000 08:01 42 /usr/lib/libc.so.6 (deleted)\n");
        assertRefused(Reason.LIBC_REPLACED, "restart");
        files.put("/proc/self/maps", "7f0000000000-7f0000001000 r-xp 00000000 08:01 42 /usr/lib/libc.so.6\n");
        assertRefused(Reason.LIBC_REPLACED, "restart");
    }

    @Test
    void theVerifiersLastWordsAreTheUsefulOnes() {
        assertThat(VerifierException.lastLines("a\nb\nc\nd\ne\n\nprocessed 5 insns\n"))
                .isEqualTo("b | c | d | e");
        assertThat(VerifierException.lastLines("")).isEqualTo("the verifier left no log");
    }
}

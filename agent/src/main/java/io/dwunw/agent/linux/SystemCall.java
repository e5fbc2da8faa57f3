// SPDX-License-Identifier: MIT
package io.dwunw.agent.linux;

/** Numbers of the system calls in use, for x86-64 ({@code arch/x86/entry/syscalls/syscall_64.tbl}). */
public final class SystemCall {
    public static final int OPEN = 2;
    public static final int CLOSE = 3;
    public static final int MMAP = 9;
    public static final int MUNMAP = 11;
    public static final int IOCTL = 16;
    public static final int MADVISE = 28;
    public static final int GETPID = 39;
    public static final int GETTID = 186;
    public static final int FUTEX = 202;
    public static final int CLOCK_GETTIME = 228;
    public static final int PERF_EVENT_OPEN = 298;
    public static final int PRLIMIT64 = 302;
    public static final int BPF = 321;

    private SystemCall() {}
}

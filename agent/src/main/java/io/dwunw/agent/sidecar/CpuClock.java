package io.dwunw.agent.sidecar;

import io.dwunw.agent.linux.Linux;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** CPU time without loading the management classes: {@code clock_gettime(2)}. Not thread-safe. */
final class CpuClock {
    private static final int CLOCK_GETTIME = 228;
    private static final int CLOCK_PROCESS_CPUTIME_ID = 2;
    private static final int CLOCK_THREAD_CPUTIME_ID = 3;
    private static final long NANOS_PER_SECOND = 1_000_000_000;

    /** {@code struct timespec}: seconds, then nanoseconds. */
    private final ByteBuffer timespec = ByteBuffer.allocateDirect(16).order(ByteOrder.nativeOrder());

    private final int clock;

    private CpuClock(int clock) {
        this.clock = clock;
    }

    /** Of whichever thread asks. */
    static CpuClock ofThread() {
        return new CpuClock(CLOCK_THREAD_CPUTIME_ID);
    }

    /** Of all threads of this process, also of those that have ended. */
    static CpuClock ofProcess() {
        return new CpuClock(CLOCK_PROCESS_CPUTIME_ID);
    }

    /** Nanoseconds since the thread, or the process, was started; 0 if the kernel refuses to tell. */
    long nanos() {
        long result = Linux.syscall(CLOCK_GETTIME, clock, Linux.address(timespec), 0, 0, 0, 0);
        return result < 0 ? 0 : timespec.getLong(0) * NANOS_PER_SECOND + timespec.getLong(8);
    }
}

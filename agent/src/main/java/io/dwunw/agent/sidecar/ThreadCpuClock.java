package io.dwunw.agent.sidecar;

import io.dwunw.agent.linux.Linux;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** CPU time of the calling thread, without loading the management classes: {@code clock_gettime(2)}. */
final class ThreadCpuClock {
    private static final int CLOCK_GETTIME = 228;
    private static final int CLOCK_THREAD_CPUTIME_ID = 3;
    private static final long NANOS_PER_SECOND = 1_000_000_000;

    /** {@code struct timespec}: seconds, then nanoseconds. */
    private final ByteBuffer timespec = ByteBuffer.allocateDirect(16).order(ByteOrder.nativeOrder());

    /** Nanoseconds since the thread was started; 0 if the kernel refuses to tell. */
    long nanos() {
        long result = Linux.syscall(CLOCK_GETTIME, CLOCK_THREAD_CPUTIME_ID, Linux.address(timespec), 0, 0, 0, 0);
        return result < 0 ? 0 : timespec.getLong(0) * NANOS_PER_SECOND + timespec.getLong(8);
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.linux;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** CPU time without loading the management classes: {@code clock_gettime(2)}. Not thread-safe. */
public final class CpuClock {
    private static final Path THREADS = Path.of("/proc/self/task");
    private static final Path CALLING_THREAD = Path.of("/proc/thread-self");
    private static final int CLOCK_PROCESS_CPUTIME_ID = 2;
    private static final int CLOCK_THREAD_CPUTIME_ID = 3;
    /** The clock of the thread {@code tid} is {@code ~tid << 3 | CPUCLOCK_PERTHREAD_MASK | CPUCLOCK_SCHED}. */
    private static final int OF_ONE_THREAD = 4 | 2;

    private static final long NANOS_PER_SECOND = 1_000_000_000;

    /** {@code struct timespec}: seconds, then nanoseconds. */
    private final ByteBuffer timespec = NativeMemory.permanent(16);

    private final int clock;

    private CpuClock(int clock) {
        this.clock = clock;
    }

    /** Of whichever thread asks. */
    public static CpuClock ofThread() {
        return new CpuClock(CLOCK_THREAD_CPUTIME_ID);
    }

    /** Of all threads of this process, also of those that have ended. */
    public static CpuClock ofProcess() {
        return new CpuClock(CLOCK_PROCESS_CPUTIME_ID);
    }

    /**
     * Of the oldest thread of this process that the kernel knows by this name; null if there is none, or if {@code
     * /proc} is that of another PID namespace: clocks have other numbers then.
     *
     * @param name at most 15 bytes of ASCII
     */
    public static @Nullable CpuClock ofThreadNamed(String name) {
        Path thread = numbersAgree() ? threadNamed(name) : null;
        return thread == null ? null : new CpuClock(~number(thread) << 3 | OF_ONE_THREAD);
    }

    private static boolean numbersAgree() {
        try {
            return number(Files.readSymbolicLink(CALLING_THREAD)) == Linux.threadId();
        } catch (IOException | NumberFormatException e) {
            return false;
        }
    }

    private static int number(Path thread) {
        return Integer.parseInt(thread.getFileName().toString());
    }

    /** Its directory in {@code /proc}. */
    static @Nullable Path threadNamed(String name) {
        Path found = null;
        int oldest = Integer.MAX_VALUE;
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(THREADS)) {
            for (Path thread : threads) {
                int tid = number(thread);
                if (tid < oldest && name.equals(comm(thread))) {
                    oldest = tid;
                    found = thread;
                }
            }
        } catch (IOException | NumberFormatException e) {
            return null;
        }
        return found;
    }

    private static String comm(Path thread) {
        try (FileInputStream in = new FileInputStream(thread.resolve("comm").toFile())) {
            return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1).trim();
        } catch (IOException e) {
            return "";
        }
    }

    /** Nanoseconds since the thread, or the process, was started; 0 if the kernel refuses to tell. */
    public long nanos() {
        long result = Linux.syscall(SystemCall.CLOCK_GETTIME, clock, Linux.address(timespec), 0, 0, 0, 0);
        return result < 0 ? 0 : timespec.getLong(0) * NANOS_PER_SECOND + timespec.getLong(8);
    }
}

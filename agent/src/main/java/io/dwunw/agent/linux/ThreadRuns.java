// SPDX-License-Identifier: MIT
package io.dwunw.agent.linux;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A number that rises before a thread of this process does anything, by what {@code /proc} tells of it (proc(5)): for
 * where {@link CpuClock} cannot, because a filter refuses {@code clock_gettime(2)}, or {@code /proc} numbers threads
 * otherwise than this process's PID namespace does. Allocates nothing once made. Not thread-safe.
 *
 * <p>{@code schedstat} has the nanoseconds that the thread has run and how often it was put on a CPU. The second rises
 * when a turn begins, the first when it ends; a thread in the middle of a turn is recognised by its state.
 */
public final class ThreadRuns {
    private static final int MOST_BYTES = 1024;

    private final RandomAccessFile state;
    private final RandomAccessFile schedule;
    private final byte[] text = new byte[MOST_BYTES];
    private long running;

    private ThreadRuns(RandomAccessFile state, RandomAccessFile schedule) {
        this.state = state;
        this.schedule = schedule;
    }

    /**
     * Of the oldest thread of this process that the kernel knows by this name; null if there is none, or the kernel
     * keeps no such account.
     *
     * @param name at most 15 bytes of ASCII
     */
    public static @Nullable ThreadRuns ofThreadNamed(String name) {
        Path thread = CpuClock.threadNamed(name);
        if (thread == null) {
            return null;
        }
        try {
            // Both stay open for as long as the process lives, as the one user does.
            RandomAccessFile state = new RandomAccessFile(thread.resolve("stat").toString(), "r");
            RandomAccessFile schedule =
                    new RandomAccessFile(thread.resolve("schedstat").toString(), "r");
            ThreadRuns runs = new ThreadRuns(state, schedule);
            return runs.accounted() == 0 ? null : runs;
        } catch (IOException e) {
            return null;
        }
    }

    /** The number; where it cannot be read it rises each time. */
    public long value() {
        try {
            // In this order: a turn that begins in between is noticed by the next reading.
            if (isRunning()) {
                running++;
            }
            return running + accounted();
        } catch (IOException e) {
            return ++running;
        }
    }

    /** {@code number (name) state ...}: the name may contain anything. */
    private boolean isRunning() throws IOException {
        int length = read(state);
        int end = length - 1;
        while (end >= 0 && text[end] != ')') {
            end--;
        }
        if (end < 0 || end + 2 >= length) {
            throw new IOException("no state of a thread");
        }
        return text[end + 2] == 'R';
    }

    /** {@code nanoseconds-run nanoseconds-waited turns}. */
    private long accounted() throws IOException {
        int length = read(schedule);
        long sum = 0;
        long number = 0;
        int field = 0;
        for (int i = 0; i < length; i++) {
            byte c = text[i];
            if (c >= '0' && c <= '9') {
                number = number * 10 + (c - '0');
            } else {
                sum += field == 1 ? 0 : number;
                number = 0;
                field++;
            }
        }
        if (field != 3) {
            throw new IOException("not an account of a thread");
        }
        return sum;
    }

    private int read(RandomAccessFile file) throws IOException {
        file.seek(0);
        return file.read(text, 0, MOST_BYTES);
    }
}

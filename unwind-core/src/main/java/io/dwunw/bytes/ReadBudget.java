// SPDX-License-Identifier: MIT
package io.dwunw.bytes;

import java.lang.ref.ReferenceQueue;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Limits on what may be kept in the Java heap of files and of what they expand to, all together, and how long one file
 * may keep the reader busy. Files are written by others: a kilobyte of xz may stand for gigabytes. What would take more
 * is left out, as if it were damaged. Thread-safe.
 */
public final class ReadBudget {
    private static final long SHARE_OF_HEAP = 8;
    private static final long FEWEST_BYTES = 4 << 20;
    private static final long MOST_BYTES = 256 << 20;
    private static final long MAX_NANOS = 1_000_000_000;

    private static final ReadBudget OF_PROCESS =
            new ReadBudget(shareOf(Runtime.getRuntime().maxMemory()), MAX_NANOS);

    private final long maxBytes;
    private final long maxNanos;
    private final ReferenceQueue<Object> gone = new ReferenceQueue<>();
    /** Those that have taken something: held, so that the collector can tell when their files have gone. */
    private final Set<FileAccount> accounts = new HashSet<>();

    private long taken;
    private volatile @Nullable Listener listener;
    private volatile Clock clock = new SystemClock();

    /** Receives the files of which something was left out. */
    public interface Listener {
        /**
         * Something was left out of a file; called once for each.
         *
         * @param file its path
         * @param why a clause such as {@code "it would take more than …"}
         */
        void leftOut(String file, String why);
    }

    /** Measures how long a file keeps its reader busy. */
    public interface Clock {
        /** Nanoseconds since any fixed moment. */
        long nanos();
    }

    /**
     * An own budget, for files that are not to count with all others.
     *
     * @param maxBytes kept of all files together
     * @param maxNanos that one file may take
     */
    public ReadBudget(long maxBytes, long maxNanos) {
        this.maxBytes = maxBytes;
        this.maxNanos = maxNanos;
    }

    /** The budget of all files that are opened without one: an eighth of the heap, and a second each. */
    public static ReadBudget ofProcess() {
        return OF_PROCESS;
    }

    static long shareOf(long heapBytes) {
        return Math.max(FEWEST_BYTES, Math.min(MOST_BYTES, heapBytes / SHARE_OF_HEAP));
    }

    /** From now on tells this listener, on the thread that reads. */
    public void tell(Listener told) {
        listener = told;
    }

    /** From now on measures by this clock, such as the CPU time of the thread that reads. */
    public void measureBy(Clock other) {
        clock = other;
    }

    /** Bytes that files take at the moment. */
    public synchronized long taken() {
        forgetGone();
        return taken;
    }

    /** The account of one file, for as long as {@code owner} is reachable. */
    public FileAccount account(String file, Object owner) {
        return new FileAccount(this, file, owner, gone);
    }

    long nanos() {
        return clock.nanos();
    }

    long maxNanos() {
        return maxNanos;
    }

    long maxBytes() {
        return maxBytes;
    }

    synchronized boolean take(FileAccount account, long bytes) {
        if (bytes < 0 || bytes > maxBytes - taken) {
            forgetGone();
            if (bytes < 0 || bytes > maxBytes - taken) {
                return false;
            }
        }
        taken += bytes;
        account.taken += bytes;
        accounts.add(account);
        return true;
    }

    synchronized void give(FileAccount account, long bytes) {
        long given = Math.min(bytes, account.taken);
        taken -= given;
        account.taken -= given;
        if (account.taken == 0) {
            accounts.remove(account);
        }
    }

    void leftOut(String file, String why) {
        Listener told = listener;
        if (told != null) {
            told.leftOut(file, why);
        }
    }

    private void forgetGone() {
        for (Object account = gone.poll(); account != null; account = gone.poll()) {
            if (account instanceof FileAccount dead && accounts.remove(dead)) {
                taken -= dead.taken;
                dead.taken = 0;
            }
        }
    }

    private static final class SystemClock implements Clock {
        @Override
        public long nanos() {
            return System.nanoTime();
        }
    }
}

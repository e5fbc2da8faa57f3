// SPDX-License-Identifier: MIT
package io.dwunw.bytes;

import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;

/**
 * Account of what one file takes of a {@link ReadBudget}. Thread-safe.
 *
 * <p>Time counts as the file's from one {@link #watch} to the next, unless so much lies between that the reader must
 * have done something else.
 */
public final class FileAccount extends WeakReference<Object> {
    /** Of what comes from no file: no limits. */
    static final FileAccount NONE = new ReadBudget(Long.MAX_VALUE, Long.MAX_VALUE).account("", FileAccount.class);

    /** Between two calls in the same loop lies less. */
    private static final long LONGEST_STEP_NANOS = 200_000_000;

    private final ReadBudget budget;
    private final String file;
    /** Guarded by the budget. */
    long taken;

    private long spentNanos;
    private long watchedAt;
    private boolean watched;
    private boolean told;

    FileAccount(ReadBudget budget, String file, Object owner, ReferenceQueue<Object> gone) {
        super(owner, gone);
        this.budget = budget;
        this.file = file;
    }

    /**
     * Counts bytes that are about to be allocated.
     *
     * @param what in the file they are for
     * @throws MalformedDataException if there is no room for them
     */
    public void take(long bytes, String what) {
        if (this == NONE) {
            return;
        }
        if (!budget.take(this, bytes)) {
            leaveOut("its " + what + " would take more than the " + (budget.maxBytes() >> 20)
                    + " MiB of heap that all files may take");
            throw new MalformedDataException(what + " would take too much of the heap", bytes);
        }
    }

    /** Takes back bytes that were counted and are no longer referred to. */
    public void give(long bytes) {
        budget.give(this, bytes);
    }

    /**
     * To be called in each loop whose length a file decides.
     *
     * @throws MalformedDataException if the file has kept its reader busy for too long
     */
    public void watch() {
        if (this == NONE) {
            return;
        }
        if (watchedTooLong(budget.nanos())) {
            leaveOut("it takes longer to read than " + budget.maxNanos() / 1_000_000 + " ms");
            throw new MalformedDataException("takes too long to read", spentNanos);
        }
    }

    private synchronized boolean watchedTooLong(long now) {
        long step = now - watchedAt;
        if (watched && step < LONGEST_STEP_NANOS) {
            spentNanos += step;
        }
        watched = true;
        watchedAt = now;
        return spentNanos > budget.maxNanos();
    }

    private void leaveOut(String why) {
        synchronized (this) {
            if (told) {
                return;
            }
            told = true;
        }
        budget.leftOut(file, why);
    }

    void close() {
        budget.give(this, Long.MAX_VALUE);
    }
}

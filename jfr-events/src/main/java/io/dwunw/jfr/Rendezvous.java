// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import java.time.Duration;

/**
 * Meeting point where JFR's thread waits, at the end of a chunk, until the publishing thread has committed what belongs
 * in that chunk. The waiting thread holds JFR's lock, so the publishing thread must not start, stop or dump a recording
 * meanwhile.
 *
 * <p>Requests have numbers, so that a late answer to one that was given up is not taken for an answer to the next.
 */
public final class Rendezvous implements AutoCloseable {
    /** How long JFR's thread waits without {@link #progress}; then the chunk ends without the rest. */
    public static final Duration PATIENCE = Duration.ofSeconds(10);
    /** How many times that it waits in all, whatever the progress. */
    private static final int MOST_PATIENCE = 6;

    private static final Runnable NOTHING = new Runnable() {
        @Override
        public void run() {
            // Callers of this need not know.
        }
    };

    private final Runnable wakeUp;
    private final Runnable late;
    private final long patienceNanos;
    private final Object answered = new Object();

    private volatile long progressAt;
    private volatile long requested;
    private long answer;
    private boolean closed;

    /** Only the publishing thread's: the request that it is working on. */
    private long accepted;

    /** As the other, for those who need not know of a chunk that ended without what belonged in it. */
    public Rendezvous(Runnable wakeUp) {
        this(wakeUp, NOTHING);
    }

    /**
     * For a publishing thread.
     *
     * @param wakeUp makes it look at {@link #requested()} soon; runs on JFR's thread
     * @param late is called when a chunk ends before the publishing thread is done: the rest is in no recording; on
     *     JFR's
     *     thread
     */
    public Rendezvous(Runnable wakeUp, Runnable late) {
        this(wakeUp, late, PATIENCE);
    }

    Rendezvous(Runnable wakeUp, Duration patience) {
        this(wakeUp, NOTHING, patience);
    }

    Rendezvous(Runnable wakeUp, Runnable late, Duration patience) {
        this.wakeUp = wakeUp;
        this.late = late;
        this.patienceNanos = patience.toNanos();
    }

    /** Publishing thread: is at it, and needs more time, as on a machine that is busy with other things. */
    public void progress() {
        progressAt = System.nanoTime();
    }

    /**
     * Publishing thread: whether JFR waits; if so, it waits for {@link #done()}. Cheap enough for every turn of a loop.
     */
    public boolean requested() {
        if (requested == accepted) {
            return false;
        }
        accepted = requested;
        return true;
    }

    /** Publishing thread: everything has been committed that was asked for by the last {@link #requested()}. */
    public void done() {
        synchronized (answered) {
            answer = accepted;
            answered.notifyAll();
        }
    }

    /** The publishing thread ends: no thread waits for it, now or later. */
    @Override
    public void close() {
        synchronized (answered) {
            closed = true;
            answered.notifyAll();
        }
    }

    /**
     * JFR's thread: asks, and waits.
     *
     * @return whether the publishing thread was done in time
     */
    boolean await() {
        if (Thread.currentThread() instanceof ReplayThread) {
            return false; // it would wait for itself
        }
        long begun = System.nanoTime();
        progressAt = begun;
        long request;
        synchronized (answered) {
            request = requested + 1;
            requested = request;
        }
        wakeUp.run();
        synchronized (answered) {
            while (answer < request && !closed) {
                long millis = millisLeft(begun);
                if (millis <= 0) {
                    break;
                }
                try {
                    answered.wait(millis);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return false;
                }
            }
            if (answer >= request || closed) {
                return answer >= request;
            }
        }
        late.run();
        return false;
    }

    private long millisLeft(long begun) {
        long waited = progressAt - begun;
        return (begun + Math.min(waited + patienceNanos, MOST_PATIENCE * patienceNanos) - System.nanoTime())
                / 1_000_000;
    }
}

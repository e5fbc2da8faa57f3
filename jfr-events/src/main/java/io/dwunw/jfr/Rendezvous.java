package io.dwunw.jfr;

import java.time.Duration;

/**
 * Where JFR's thread waits, at the end of a chunk, until the publishing thread has committed what belongs in that chunk.
 * The waiting thread holds JFR's lock, so the publishing thread must not start, stop or dump a recording meanwhile.
 *
 * <p>Requests have numbers, so that a late answer to one that was given up is not taken for an answer to the next.
 */
public final class Rendezvous implements AutoCloseable {
    /** Longest wait of JFR's thread; then the chunk ends without the rest. */
    public static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Runnable wakeUp;
    private final long patienceNanos;
    private final Object answered = new Object();

    private volatile long requested;
    private long answer;
    private boolean closed;

    /** Only the publishing thread's: the request that it is working on. */
    private long accepted;

    /** For a publishing thread that {@code wakeUp} makes look at {@link #requested()} soon; runs on JFR's thread. */
    public Rendezvous(Runnable wakeUp) {
        this(wakeUp, PATIENCE);
    }

    Rendezvous(Runnable wakeUp, Duration patience) {
        this.wakeUp = wakeUp;
        this.patienceNanos = patience.toNanos();
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

    /** The publishing thread ends: nobody waits for it, now or later. */
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
        long deadline = System.nanoTime() + patienceNanos;
        long request;
        synchronized (answered) {
            request = requested + 1;
            requested = request;
        }
        wakeUp.run();
        synchronized (answered) {
            while (answer < request && !closed) {
                long millis = (deadline - System.nanoTime()) / 1_000_000;
                if (millis <= 0) {
                    return false;
                }
                try {
                    answered.wait(millis);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return false;
                }
            }
            return answer >= request;
        }
    }
}

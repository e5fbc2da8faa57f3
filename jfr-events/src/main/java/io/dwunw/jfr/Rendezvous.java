package io.dwunw.jfr;

import java.time.Duration;

/**
 * JFR's thread at the end of a chunk waits here until the publishing thread has committed what belongs in that chunk.
 * The waiting thread holds JFR's lock, so the publishing thread must not start, stop or dump a recording meanwhile.
 */
public final class Rendezvous {
    /** Longest wait of JFR's thread; then the chunk ends without the rest. */
    public static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Runnable wakeUp;

    /** @param wakeUp makes the publishing thread look at {@link #requested()} soon; runs on JFR's thread */
    public Rendezvous(Runnable wakeUp) {
        this.wakeUp = wakeUp;
    }

    /** Publisher: whether JFR waits. Cheap enough for every turn of a loop. */
    public boolean requested() {
        return false;
    }

    /** Publisher: everything asked for has been committed. */
    public void done() {}

    Runnable wakeUp() {
        return wakeUp;
    }
}

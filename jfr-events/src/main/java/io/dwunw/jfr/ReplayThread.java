// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The thread that commits events with replayed stacks. Its own frames below the replayed root are the only noise in the
 * recorded stack trace, so all work happens in {@link #next()}, which has returned before an event is committed.
 */
public abstract class ReplayThread extends Thread {
    /** Frames of this thread below the replayed root: {@link #run()} and the {@link ReplayRoot}. */
    static final int NOISE_FRAMES = 2;

    /** Bytes. Enough for the 2048 frames that JFR can keep at most; the platform's default may be too small. */
    private static final long STACK_SIZE = 2 << 20;

    private static final long SHORTEST_PAUSE_NANOS = 1_000_000;
    private static final long LONGEST_PAUSE_NANOS = 1_000_000_000;

    private final StackReplay replay;
    private final Consumer<Throwable> failures = new Consumer<>() {
        @Override
        public void accept(Throwable failure) {
            report(failure);
        }
    };
    private long pauseNanos = SHORTEST_PAUSE_NANOS;

    /** A daemon thread, not started; {@code replay} may not be used for another thread. */
    protected ReplayThread(String name, StackReplay replay) {
        super(null, null, name, STACK_SIZE, false);
        this.replay = replay;
        setDaemon(true);
    }

    /**
     * Waits for, and does, whatever leads to the next event; called over and over. The call after an event's return
     * means that it has been committed. What it throws is reported to {@link #failed} and the loop goes on.
     *
     * @return null to end the thread
     */
    protected abstract @Nullable Publication next();

    /** Receives everything that went wrong in {@link #next()} or in a replay, on this thread. */
    protected abstract void failed(Throwable failure);

    @Override
    public final void run() {
        ReplayRoot root = advance();
        while (root != null) {
            try {
                root.stack();
            } catch (Throwable t) {
                commitWithoutStack(t);
            }
            root = null; // the interpreter would hold all its classes while this thread waits
            root = advance();
        }
    }

    private @Nullable ReplayRoot advance() {
        while (true) {
            try {
                Publication publication = next();
                if (publication == null) {
                    return null;
                }
                ReplayRoot root = replay.ready(publication.event(), publication.stack(), failures);
                pauseNanos = SHORTEST_PAUSE_NANOS;
                return root;
            } catch (Throwable t) {
                report(t);
                pause();
            }
        }
    }

    private void commitWithoutStack(Throwable failure) {
        report(failure);
        try {
            replay.broken(failure).stack();
        } catch (Throwable t) {
            report(t);
        }
    }

    private void report(Throwable failure) {
        try {
            failed(failure);
        } catch (Throwable inReport) {
            // There is no one left to tell; the thread must live.
        }
    }

    /** What fails once may fail forever; it must not take a core with it. */
    private void pause() {
        LockSupport.parkNanos(pauseNanos);
        pauseNanos = Math.min(2 * pauseNanos, LONGEST_PAUSE_NANOS);
    }
}

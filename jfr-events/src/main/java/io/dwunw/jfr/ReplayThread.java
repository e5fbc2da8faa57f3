package io.dwunw.jfr;

import org.jspecify.annotations.Nullable;

/**
 * The thread that commits events with replayed stacks. Its own frames below the replayed root are the only noise in the
 * recorded stack trace, so all work happens in {@link #next()}, which has returned before an event is committed.
 */
public abstract class ReplayThread extends Thread {
    private final StackReplay replay;

    /** A daemon thread, not started. */
    protected ReplayThread(String name, StackReplay replay) {
        super(null, null, name, 0, false);
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

    /** Told about everything that went wrong in {@link #next()} or in a replay; must not throw. */
    protected abstract void failed(Throwable failure);

    @Override
    public final void run() {
        for (Publication p = next(); p != null; p = next()) {
            p.event().commit();
        }
    }

    protected final StackReplay replay() {
        return replay;
    }
}

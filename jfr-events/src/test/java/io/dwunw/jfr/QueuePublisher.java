// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Publishes what tests put into its queue, and lets them wait until it is committed. */
final class QueuePublisher extends ReplayThread implements AutoCloseable {
    private final LinkedBlockingQueue<Supplier<@Nullable Publication>> queue = new LinkedBlockingQueue<>();
    private final List<Throwable> failures = new CopyOnWriteArrayList<>();
    private final Object committedMonitor = new Object();
    private long put;
    private long committed = -1;

    QueuePublisher(StackReplay replay) {
        super("queue publisher", replay);
    }

    static QueuePublisher started(StackReplay replay) {
        QueuePublisher publisher = new QueuePublisher(replay);
        publisher.start();
        return publisher;
    }

    void put(Publication publication) {
        put(() -> publication);
    }

    /** A supplier that throws plays a failing {@link #next()}; that it failed counts as done. */
    void put(Supplier<@Nullable Publication> publication) {
        synchronized (committedMonitor) {
            put++;
        }
        queue.add(publication);
    }

    /** Returns when all that was put has been committed. */
    void await() throws InterruptedException, TimeoutException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        synchronized (committedMonitor) {
            while (committed < put) {
                long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                if (left <= 0) {
                    throw new TimeoutException("committed " + committed + " of " + put + ": " + failures);
                }
                committedMonitor.wait(left);
            }
        }
    }

    List<Throwable> failures() {
        return failures;
    }

    @Override
    protected @Nullable Publication next() {
        synchronized (committedMonitor) {
            committed++;
            committedMonitor.notifyAll();
        }
        try {
            return queue.take().get();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    protected void failed(Throwable failure) {
        failures.add(failure);
    }

    @Override
    public void close() {
        queue.add(() -> null);
        try {
            join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.ringbuf;

import java.util.concurrent.locks.LockSupport;

/** Something that samples can be drained from. Belongs to one consuming thread. */
public interface SampleSource {
    /**
     * Hands over what is there, in the order of production, without waiting.
     *
     * @param limit most records to hand over
     * @return records handed over; fewer than {@code limit} means that the source is empty for now
     */
    int drain(SampleHandler handler, int limit);

    /**
     * Shows what is there and was not shown before, in the order of production, without taking it out: {@link #drain}
     * hands it over afterwards. Of a record that was shown only its head (the fields that a free has) can be read.
     *
     * @param handler must not drain
     */
    void lookAhead(SampleHandler handler);

    /** Bytes of records that may wait until the source is {@linkplain #crowded crowded}. */
    long room();

    /** Bytes of records that were produced, ever; where records wait in order of their beginning, those begun. */
    long produced();

    /** Of these, bytes that {@link #drain} has passed. */
    long consumed();

    /**
     * Bytes that were begun and not handed over. More than 0 when {@link #drain} finds nothing: a producer was
     * interrupted while it wrote a record, and all that was produced after it waits behind.
     */
    default long backlog() {
        return produced() - consumed();
    }

    /**
     * Hands over everything that was begun before this call, however much, and no more than that by much: producers
     * that are faster do not keep it.
     *
     * @param patienceNanos how long to wait for a producer that was interrupted while it wrote
     * @return records handed over
     */
    default long drainAll(SampleHandler handler, long patienceNanos) {
        final int limit = 256;
        final long pauseNanos = 50_000;
        long end = produced();
        long handled = 0;
        long patience = System.nanoTime() + patienceNanos;
        while (consumed() - end < 0) {
            int drained = drain(handler, limit);
            handled += drained;
            if (drained > 0) {
                patience = System.nanoTime() + patienceNanos;
            } else if (System.nanoTime() - patience > 0) {
                return handled;
            } else {
                LockSupport.parkNanos(pauseNanos);
            }
        }
        return handled;
    }

    /** Bytes of memory that records may wait in at most. */
    long capacity();

    /**
     * Whether a quarter of the room for records is taken, so that some will be lost unless they are taken in faster.
     */
    boolean crowded();
}

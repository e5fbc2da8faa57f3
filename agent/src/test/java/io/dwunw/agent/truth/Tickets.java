// SPDX-License-Identifier: MIT
package io.dwunw.agent.truth;

import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Tells which stack an allocation must have by its size: each gets a size of its own, for a while. Thread-safe.
 */
final class Tickets {
    private static final int COUNT = 1 << 16;
    /** Sizes that no other code allocates: not of a multiple of 8 bytes, and large enough for a sample each. */
    private static final long FIRST = 8195;

    private static final long STEP = 16;

    private final AtomicReferenceArray<@Nullable Ticket> tickets = new AtomicReferenceArray<>(COUNT);
    private final AtomicLong next = new AtomicLong();

    /**
     * Stack as it must be.
     *
     * @param takenNanos when it was, on the clock of {@link System#nanoTime()}
     * @param trace the frames from the caller of the native leaf outwards
     */
    record Ticket(long takenNanos, List<StackTraceElement> trace) {}

    /** The size to be allocated next by the caller, whose stack this is. */
    long take(List<StackTraceElement> trace) {
        int number = (int) (next.getAndIncrement() % COUNT);
        tickets.set(number, new Ticket(System.nanoTime(), trace));
        return FIRST + number * STEP;
    }

    /** The ticket of a sample; null if it has none, or another has taken its number since. */
    @Nullable
    Ticket of(long size, long sampleNanos) {
        long number = (size - FIRST) / STEP;
        if (size < FIRST || (size - FIRST) % STEP != 0 || number >= COUNT) {
            return null;
        }
        Ticket ticket = tickets.get((int) number);
        return ticket == null || ticket.takenNanos() > sampleNanos ? null : ticket;
    }

    /** How many were taken. */
    long taken() {
        return next.get();
    }
}

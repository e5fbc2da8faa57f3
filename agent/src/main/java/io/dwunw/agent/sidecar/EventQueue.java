// SPDX-License-Identifier: MIT
package io.dwunw.agent.sidecar;

import io.dwunw.agent.hotspot.JavaThreads;
import io.dwunw.agent.sample.Sample;
import io.dwunw.agent.stack.StackState;
import io.dwunw.agent.stack.StackTrace;
import java.util.ArrayDeque;
import java.util.IdentityHashMap;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * Queue of what was taken in and waits to be published, in the order in which it happened, and how fast it goes out.
 *
 * <p>An event costs ten times what its sample does, and a recording needs no thousands a second of the same stacks. So
 * allocation events go out at a limited rate, a second's worth of them at once. Samples beyond that join the event of
 * their stack that waits: nothing is dropped, each stack's weight is exact, and as many events wait as there are
 * stacks. Confined to the sidecar thread.
 */
final class EventQueue {
    /** What waits at most: more than any burst that the ring can hold. */
    static final int MAX_WAITING = 1 << 17;

    private static final double NANOS_PER_SECOND = 1e9;

    private int maxPerSecond;
    private final int maxWaiting;
    private final ArrayDeque<PendingEvent> queue = new ArrayDeque<>();
    /** The waiting event of each stack that has one, while the rate is limited. */
    private final IdentityHashMap<StackTrace, PendingAllocation> byStack = new IdentityHashMap<>();

    /** Events that may go out now. */
    private double allowance;

    private long allowedAt;
    private final Chance random = new Chance(0x9e37_79b9_7f4a_7c15L);
    private long joined;
    private long unpublished;

    /**
     * Empty.
     *
     * @param maxPerSecond allocation events in the long run; 0 for no limit
     * @param nanoTime now, as {@link System#nanoTime}
     */
    EventQueue(int maxPerSecond, long nanoTime) {
        this(maxPerSecond, nanoTime, MAX_WAITING);
    }

    /**
     * As the other.
     *
     * @param maxWaiting events that wait at most
     */
    EventQueue(int maxPerSecond, long nanoTime, int maxWaiting) {
        this.maxWaiting = maxWaiting;
        this.maxPerSecond = maxPerSecond;
        this.allowance = maxPerSecond;
        this.allowedAt = nanoTime;
    }

    /**
     * A sampled allocation is to be published, by itself or together with others of its stack.
     *
     * @param weight bytes that it stands for
     * @param samples how many samples it stands for
     * @param alone it needs an event of its own
     */
    void allocated(Sample sample, long weight, long samples, StackTrace stack, JavaThreads threads, boolean alone) {
        // Of those without a stack there is least to say one by one, should too many wait.
        boolean limited = (maxPerSecond > 0 || (stack.state() == StackState.NOT_RECORDED && crowded())) && !alone;
        if (limited && queue.size() >= allowance) {
            PendingAllocation waiting = byStack.get(stack);
            if (waiting != null) {
                waiting.add(sample, weight, samples, random.next(), threads);
                joined++;
                return;
            }
        }
        if (hasRoom()) {
            PendingAllocation event = new PendingAllocation(stack);
            event.add(sample, weight, samples, 0, threads);
            queue.add(event);
            if (limited) {
                byStack.put(stack, event);
            }
        }
    }

    /** Sets another rate. Those that wait go out at it. */
    void maxPerSecond(int events) {
        if (events != maxPerSecond) {
            maxPerSecond = events;
            allowance = events;
        }
    }

    /** Whether anything is spared: without a limit each sample has an event of its own that says everything. */
    boolean limited() {
        return maxPerSecond > 0;
    }

    void freed(long address, long size, long lifetimeNanos) {
        if (hasRoom()) {
            queue.add(new PendingFree(address, size, lifetimeNanos));
        }
    }

    private boolean hasRoom() {
        if (queue.size() < maxWaiting) {
            return true;
        }
        unpublished++;
        return false;
    }

    /** The next event that may go out now; null if none waits, or none may. A crowd knows no limit. */
    @Nullable
    PendingEvent poll(long nanoTime) {
        if (maxPerSecond > 0) {
            allowance = Math.min(maxPerSecond, allowance + (nanoTime - allowedAt) * (maxPerSecond / NANOS_PER_SECOND));
            allowedAt = nanoTime;
            // One that needs an event of its own does not wait: no other joins it, so that they would pile up.
            if (allowance < 1
                    && !crowded()
                    && queue.peek() instanceof PendingAllocation first
                    && byStack.get(first.stack()) == first) {
                return null;
            }
        }
        return pollAtOnce();
    }

    /** The next event, whatever the rate. */
    @Nullable
    PendingEvent pollAtOnce() {
        PendingEvent next = queue.poll();
        if (next instanceof PendingAllocation allocation) {
            if (byStack.get(allocation.stack()) == allocation) {
                byStack.remove(allocation.stack());
            }
            allowance = Math.max(0, allowance - 1);
        }
        return next;
    }

    /** The events in the order in which they will go out; valid until something changes. */
    Iterator<PendingEvent> upcoming() {
        return queue.iterator();
    }

    void clear() {
        queue.clear();
        byStack.clear();
    }

    int size() {
        return queue.size();
    }

    /** Whether so many wait that publishing must not be put off any longer. */
    boolean crowded() {
        return queue.size() >= maxWaiting / 2;
    }

    /** Samples that have joined the event of another. */
    long joined() {
        return joined;
    }

    /** Allocations and frees for which there is no event, because too many were waiting. */
    long unpublished() {
        return unpublished;
    }
}

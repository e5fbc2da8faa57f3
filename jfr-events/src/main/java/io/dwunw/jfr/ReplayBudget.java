// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;

/**
 * Share of the application's metaspace that generated classes may take. Where it ends, an {@code OutOfMemoryError}
 * would hit the application, and with {@code -XX:+ExitOnOutOfMemoryError} end it, whichever thread meets it. Not
 * thread-safe.
 */
final class ReplayBudget {
    /** Bytes of metaspace, as estimated, for the classes of one generation. */
    static final long MAX_BYTES = 8 << 20;

    /**
     * Nanoseconds. A generation that is full stays for so long: unloading takes collections of the application's heap.
     */
    static final long MIN_LIFE_NANOS = 60_000_000_000L;

    private static final int MAX_CLASSES = 6_000;

    /**
     * Bytes that a small program needs. So many bytes may be taken without looking whether there is room: looking takes
     * more.
     */
    private static final long UNSEEN_BYTES = 256 << 10;

    /** Metaspace is given away in such pieces. */
    private static final long GRANULE_BYTES = 64 << 10;

    private static final long REFUSAL_NANOS = 1_000_000_000;

    private final long maxBytes;
    private final long minLifeNanos;
    private final ClassRoom room;
    private final List<Member> retired = new ArrayList<>();
    private long bornAt;
    private long refusedUntil;
    private boolean refusing;

    /** A dropped generation that may still wait to be unloaded. */
    private static final class Member {
        private final WeakReference<ClassLoader> loader;
        private final long bytes;

        Member(WeakReference<ClassLoader> loader, long bytes) {
            this.loader = loader;
            this.bytes = bytes;
        }
    }

    /**
     * With its limits.
     *
     * @param maxBytes of metaspace for one generation; one more may wait to be unloaded
     * @param minLifeNanos before that no generation is dropped for being full
     */
    ReplayBudget(long maxBytes, long minLifeNanos, ClassRoom room) {
        this.maxBytes = maxBytes;
        this.minLifeNanos = minLifeNanos;
        this.room = room;
    }

    /** A generation has begun. */
    void born(long nanoTime) {
        bornAt = nanoTime;
    }

    /** A generation was dropped. */
    void dropped(WeakReference<ClassLoader> loader, long bytes) {
        retired.add(new Member(loader, bytes));
    }

    /** Bytes of classes that are dropped and not yet unloaded. */
    long retiredBytes() {
        long sum = 0;
        for (int i = retired.size() - 1; i >= 0; i--) {
            if (retired.get(i).loader.get() == null) {
                retired.remove(i);
            } else {
                sum += retired.get(i).bytes;
            }
        }
        return sum;
    }

    /** Whether the generation has all the classes that one may have. */
    boolean full(ReplayGeneration generation) {
        return generation.bytes() >= maxBytes || generation.classCount() >= MAX_CLASSES;
    }

    /** Whether more may be generated at all, in this generation or the next. */
    boolean hasRoom(ReplayGeneration generation, long nanoTime) {
        return !refusing(nanoTime) && (!full(generation) || mayRenew(nanoTime));
    }

    /** Whether a full generation may be dropped, and the next be begun. */
    boolean mayRenew(long nanoTime) {
        return !refusing(nanoTime) && nanoTime - bornAt >= minLifeNanos && retiredBytes() < maxBytes;
    }

    /** Whether there is room for that many bytes more; if not, all are refused for a second. */
    boolean allows(ReplayGeneration generation, long bytes, long nanoTime) {
        if (refusing(nanoTime)) {
            return false;
        }
        long taken = generation.bytes() + retiredBytes();
        if (taken + bytes <= UNSEEN_BYTES || room.has(bytes + GRANULE_BYTES, taken)) {
            return true;
        }
        refuse(nanoTime, REFUSAL_NANOS);
        return false;
    }

    /** Memory was short: nothing more for a minute. */
    void exhausted(long nanoTime) {
        refuse(nanoTime, MIN_LIFE_NANOS);
    }

    private void refuse(long nanoTime, long nanos) {
        refusing = true;
        refusedUntil = nanoTime + nanos;
    }

    private boolean refusing(long nanoTime) {
        refusing = refusing && nanoTime - refusedUntil < 0;
        return refusing;
    }
}

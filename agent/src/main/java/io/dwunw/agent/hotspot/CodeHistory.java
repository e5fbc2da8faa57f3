// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

import org.jspecify.annotations.Nullable;

/**
 * History that decides whether compiled code that is at an address now was there when a stack was copied, though code
 * may have been freed since and other code put in its place. As long as nothing was freed there is no doubt; beyond
 * that it is what was called on a roll ({@link CodeRolls}), or where none are called, what was seen when all code was
 * looked at.
 *
 * <p>Hot: a look at a counter a walk. All code is looked at when code may have been freed, and now and then while code
 * is being compiled, as seldom as to take at most a five-hundredth of the time, or a tenth while code is freed. Not
 * thread-safe.
 */
final class CodeHistory {
    private static final long MIN_PAUSE_NANOS = 5_000_000;
    private static final int PAUSE_PER_LOOK = 500;
    /** While code is being freed: what comes and goes between two looks is not believed. */
    private static final int PAUSE_PER_URGENT_LOOK = 10;

    private final CodeCache codeCache;
    private final CodeFrees frees;
    private final MetadataHistory metadata;
    private final JvmCounter clock;
    private final JvmCounter compilations;
    private final int compileIdOffset;
    private final @Nullable CodeRolls rolls;
    private final BlockHistory[] histories;
    /** Heaps that no stack led to need not be looked at. */
    private final boolean[] wanted;

    private long freesBefore;
    private long compilationsBefore;
    private long tickedAt;
    private boolean unseenFrees;
    /** Since then nothing was freed. */
    private long quietSince = Long.MIN_VALUE;

    /** Each collection that was counted has called a roll. */
    private boolean rollsCalled;

    private boolean looked;
    private long lookedAt;
    private long lookTook;

    /**
     * @param compilations rises with every method that was compiled
     * @param rolls null where none are called
     */
    CodeHistory(
            CodeCache codeCache,
            CodeFrees frees,
            MetadataHistory metadata,
            JvmCounter compilations,
            int compileIdOffset,
            @Nullable CodeRolls rolls) {
        this(codeCache, frees, metadata, compilations, compileIdOffset, rolls, new NanoClock());
    }

    CodeHistory(
            CodeCache codeCache,
            CodeFrees frees,
            MetadataHistory metadata,
            JvmCounter compilations,
            int compileIdOffset,
            @Nullable CodeRolls rolls,
            JvmCounter clock) {
        this.rolls = rolls;
        this.clock = clock;
        this.metadata = metadata;
        this.codeCache = codeCache;
        this.frees = frees;
        this.compilations = compilations;
        this.compileIdOffset = compileIdOffset;
        histories = new BlockHistory[codeCache.heaps()];
        wanted = new boolean[histories.length];
        for (int i = 0; i < histories.length; i++) {
            histories[i] = new BlockHistory(codeCache.heap(i), frees.shortestLifeNanos(), metadata, clock);
        }
        freesBefore = frees.counter().value();
        compilationsBefore = compilations.value();
        tickedAt = clock.value();
        rollsCalled = rolls != null;
    }

    /** To be called often, and before each walk. */
    void tick() {
        long now = clock.value();
        if (now - tickedAt < frees.unseenNanos()) {
            return;
        }
        long freesNow = frees.counter().value();
        // Whatever the counter does not tell yet is freed later than this.
        now = clock.value();
        long before = tickedAt;
        tickedAt = now;
        if (rolls != null) {
            rolls.ticked(now);
        }
        if (freesNow != freesBefore) {
            freesBefore = freesNow;
            quietSince = freedAfter(before, now);
            unseenFrees = true;
        }
        if (rollsCalled) {
            unseenFrees = false;
            return;
        }
        long compilationsNow = compilations.value();
        boolean stale = unseenFrees || compilationsNow != compilationsBefore;
        if (stale && (!looked || now - lookedAt >= pause())) {
            if (look()) {
                compilationsBefore = compilationsNow;
                unseenFrees = false;
            }
        }
    }

    /** Since when nothing was freed, if what was counted between the two moments is all that was. */
    private long freedAfter(long before, long now) {
        long pause = rolls == null ? before : rolls.lastPauseNanos();
        // One that has not said that it began would be unheard of; then it must be looked at code as if there were no
        // rolls.
        rollsCalled &= pause > before;
        return rollsCalled ? pause : now;
    }

    private long pause() {
        boolean urgent = unseenFrees && frees.told();
        return Math.max(MIN_PAUSE_NANOS, lookTook * (urgent ? PAUSE_PER_URGENT_LOOK : PAUSE_PER_LOOK));
    }

    /** Whether anything was looked at, and all of it was seen. */
    private boolean look() {
        long start = clock.value();
        boolean any = false;
        boolean whole = true;
        for (int i = 0; i < histories.length; i++) {
            if (wanted[i]) {
                whole &= histories[i].look(compileIdOffset);
                any = true;
            }
        }
        looked |= any;
        lookedAt = clock.value();
        lookTook = lookedAt - start;
        return any && whole;
    }

    /** Since then nothing was freed; the least value if nothing ever was. */
    long quietSince() {
        return quietSince;
    }

    /** Whether what was found out about code since the last tick can be believed: nothing was freed meanwhile. */
    boolean undisturbed() {
        return clock.value() - tickedAt < frees.shortestNanos()
                || frees.counter().value() == freesBefore;
    }

    /**
     * Whether no code that was in use at that moment can have been freed since. Of a class that was unloaded even what
     * was in use a moment ago may be gone.
     */
    boolean undoubted(long nanos) {
        return nanos >= quietSince
                || (clock.value() - nanos < frees.shortestNanos() && !metadata.mayHaveUnloaded(nanos));
    }

    /**
     * Whether the code in the blob at {@code blob}, which is no compiled method's, is what ran there at that moment.
     */
    boolean stubWasThere(long blob, long nanos) {
        int heap = wantedHeap(blob);
        return heap >= 0
                && (undoubted(nanos)
                        || isOnRoll(heap, blob, nanos)
                        || histories[heap].stubWasThere(blob, compileIdOffset, nanos));
    }

    /** Whether the compiled code in the blob at {@code blob} is what ran there at that moment. */
    boolean wasThere(long blob, int compileId, long nanos) {
        int heap = wantedHeap(blob);
        return heap >= 0
                && (undoubted(nanos)
                        || (rolls != null
                                && rolls.wasThere(heap, codeCache.heap(heap).blockOf(blob), compileId, nanos))
                        || histories[heap].wasThere(blob, compileId, nanos));
    }

    private boolean isOnRoll(int heap, long blob, long nanos) {
        CodeHeap in = codeCache.heap(heap);
        int segment = in.blockOf(blob);
        return rolls != null
                && rolls.wasThere(heap, segment, in.s4(segment, in.blockLength(segment), compileIdOffset), nanos);
    }

    /** The heap that the blob is in, which is looked at from now on; negative if it is in none. */
    private int wantedHeap(long blob) {
        int heap = codeCache.heapOf(blob);
        if (heap >= 0) {
            wanted[heap] = true;
        }
        return heap;
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

import java.util.Arrays;

/**
 * Record of which code lay where in one code heap when it was last looked at, and since when that is certain. Not
 * thread-safe; cold to look, hot to ask.
 *
 * <p>What is new at a look has come since the one before. Whatever ran there in between was that very code if its place
 * was free before, no class was unloaded, and the looks are so close that nothing else can have come, been abandoned,
 * been freed and been replaced; otherwise it may have been other code.
 */
final class BlockHistory {
    private static final int INITIAL_BLOCKS = 1 << 10;
    private static final int MAX_BLOCKS = 1 << 18;
    private static final long NEW_NOW = Long.MAX_VALUE;
    private static final long NEW_IN_FREE_PLACE = Long.MAX_VALUE - 1;

    private final CodeHeap heap;
    private final JvmCounter clock;
    private final long shortestLifeNanos;
    private final MetadataHistory metadata;
    /** Where blocks in use begin and end, in segments, ascending. */
    private int[] starts = new int[INITIAL_BLOCKS];

    private int[] ends = new int[INITIAL_BLOCKS];
    private int[] compileIds = new int[INITIAL_BLOCKS];
    private long[] certainSince = new long[INITIAL_BLOCKS];
    private int count;
    private int[] nextStarts = new int[INITIAL_BLOCKS];
    private int[] nextEnds = new int[INITIAL_BLOCKS];
    private int[] nextCompileIds = new int[INITIAL_BLOCKS];
    private long[] nextCertainSince = new long[INITIAL_BLOCKS];
    private boolean looked;
    private long lookBegan;
    private long lookedAt;

    /**
     * @param shortestLifeNanos see {@link CodeFrees}
     * @param metadata tells of unloaded classes, whose code may be younger when it goes
     * @param clock {@link System#nanoTime()}
     */
    BlockHistory(CodeHeap heap, long shortestLifeNanos, MetadataHistory metadata, JvmCounter clock) {
        this.heap = heap;
        this.metadata = metadata;
        this.shortestLifeNanos = shortestLifeNanos;
        this.clock = clock;
    }

    /**
     * Looks at all blocks.
     *
     * @return false if it met blocks that are being made or freed and do not fit: then it is of no effect
     */
    boolean look(int compileIdOffset) {
        long began = clock.value();
        int found = 0;
        int old = 0;
        int segment = 0;
        for (int length = heap.blockLength(0); length != 0; length = heap.blockLength(segment)) {
            if (length < 0 || found == MAX_BLOCKS) {
                return false;
            }
            int end = segment + length;
            if (heap.isBlockUsed(segment)) {
                if (found == nextStarts.length) {
                    reserve(2 * found);
                }
                while (old < count && ends[old] <= segment) {
                    old++;
                }
                boolean placeWasFree = old == count || starts[old] >= end;
                int compileId = heap.s4(segment, length, compileIdOffset);
                nextStarts[found] = segment;
                nextEnds[found] = end;
                nextCompileIds[found] = compileId;
                if (!placeWasFree && starts[old] == segment && ends[old] == end && compileIds[old] == compileId) {
                    nextCertainSince[found] = certainSince[old];
                } else {
                    nextCertainSince[found] = placeWasFree ? NEW_IN_FREE_PLACE : NEW_NOW;
                }
                found++;
            }
            segment = end;
        }
        swap(found, began);
        return true;
    }

    /** Makes room for the next look, too, so that a heap that no longer grows costs nothing any more. */
    private void reserve(int room) {
        nextStarts = Arrays.copyOf(nextStarts, room);
        nextEnds = Arrays.copyOf(nextEnds, room);
        nextCompileIds = Arrays.copyOf(nextCompileIds, room);
        nextCertainSince = Arrays.copyOf(nextCertainSince, room);
        starts = Arrays.copyOf(starts, room);
        ends = Arrays.copyOf(ends, room);
        compileIds = Arrays.copyOf(compileIds, room);
        certainSince = Arrays.copyOf(certainSince, room);
    }

    private void swap(int found, long began) {
        // What was met at any time during the look has been there since its end.
        long now = clock.value();
        // Each place was read at some time between the beginning of a look and its end.
        boolean close = isClose(now) && metadata.undisturbed();
        for (int i = 0; i < found; i++) {
            if (nextCertainSince[i] >= NEW_IN_FREE_PLACE) {
                nextCertainSince[i] = close && nextCertainSince[i] == NEW_IN_FREE_PLACE ? lookedAt : now;
            }
        }
        int[] oldStarts = starts;
        int[] oldEnds = ends;
        int[] oldCompileIds = compileIds;
        long[] oldCertainSince = certainSince;
        starts = nextStarts;
        ends = nextEnds;
        compileIds = nextCompileIds;
        certainSince = nextCertainSince;
        nextStarts = oldStarts;
        nextEnds = oldEnds;
        nextCompileIds = oldCompileIds;
        nextCertainSince = oldCertainSince;
        count = found;
        looked = true;
        lookBegan = began;
        lookedAt = now;
    }

    /**
     * As {@link #wasThere(long, int, long)}, for code of any kind: what is not compiled has other bytes of its own
     * there.
     */
    boolean stubWasThere(long blob, int compileIdOffset, long nanos) {
        int segment = heap.blockOf(blob);
        return wasThere(blob, heap.s4(segment, heap.blockLength(segment), compileIdOffset), nanos);
    }

    /** Whether the code that is in this blob now is what ran there at that moment. */
    boolean wasThere(long blob, int compileId, long nanos) {
        if (!looked) {
            return false;
        }
        int segment = heap.blockOf(blob);
        int at = Arrays.binarySearch(starts, 0, count, segment);
        if (at >= 0 && compileIds[at] == compileId) {
            return nanos >= certainSince[at];
        }
        boolean placeWasFree = at < 0 && isFree(-at - 1, segment);
        return placeWasFree && nanos >= lookedAt && isClose(clock.value());
    }

    /** Whether no code can have come and gone since the last look, up to the last time that metadata was asked for. */
    private boolean isClose(long now) {
        return looked && now - lookBegan < shortestLifeNanos && !metadata.mayHaveUnloaded(lookBegan);
    }

    /** @param next index of the first block that begins behind {@code segment} */
    private boolean isFree(int next, int segment) {
        int length = heap.blockLength(segment);
        return length > 0
                && (next == 0 || ends[next - 1] <= segment)
                && (next == count || starts[next] >= segment + length);
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.sidecar;

import io.dwunw.agent.ringbuf.SampleHandler;
import io.dwunw.agent.sample.Sample;
import java.util.Arrays;

/**
 * Sampled heap blocks that are known to be freed before their records are handled, because the records of their frees
 * lie in the ring behind them. Such a block is never live as far as the account of live memory is concerned, and its
 * stack need not be walked.
 *
 * <p>Looking ahead passes over each record once and reads its head only. Only plain frees count: the free at the start
 * of a {@code realloc} may be taken back, and mappings die in parts. When a table is full, blocks that are not noted
 * are handled like any others. Hot; allocates nothing. Confined to the sidecar thread.
 */
final class ShortLivedBlocks implements SampleHandler {
    /** Blocks that are looked at ahead at once; more than a ring of the usual size has room for. */
    static final int MAX_BLOCKS = 1 << 14;

    /** The last allocation at each address, while neither its free was met nor its record handled. */
    private final Table open = new Table();
    /** Allocations of which the free was met, and that were not handled yet. */
    private final Table dead = new Table();

    /** Looks at a record that lies ahead of those that are handled. Records have to come in the order of production. */
    @Override
    public void onSample(Sample sample) {
        if (sample.allocator().mapsPages()) {
            return;
        }
        if (sample.isAllocation()) {
            opened(sample.blockKey(), sample.timeNanos());
        } else if (sample.isFree() && sample.moves()) {
            moves(sample.blockKey());
        } else if (sample.isFree()) {
            freed(sample.blockKey());
        }
    }

    /** The block will be elsewhere, or not: it is not followed, and the next free at its address may be another's. */
    private void moves(long blockKey) {
        int slot = open.find(blockKey, 0);
        if (slot >= 0) {
            open.remove(slot);
        }
    }

    private void opened(long blockKey, long timeNanos) {
        int slot = open.find(blockKey, 0);
        if (slot >= 0) {
            // Its free was not seen, so it must not be taken for that of the block that is there now.
            open.time(slot, timeNanos);
        } else {
            open.add(blockKey, 0, timeNanos);
        }
    }

    private void freed(long blockKey) {
        int slot = open.find(blockKey, 0);
        if (slot >= 0) {
            long timeNanos = open.time(slot);
            open.remove(slot);
            dead.add(blockKey, timeNanos, timeNanos);
        }
    }

    /**
     * Whether the block whose allocation is handled now is freed by a record that was looked at. To be asked once for
     * each allocation: afterwards it is forgotten here.
     */
    boolean handled(Sample allocation) {
        long blockKey = allocation.blockKey();
        long timeNanos = allocation.timeNanos();
        int slot = dead.find(blockKey, timeNanos);
        if (slot >= 0) {
            dead.remove(slot);
            return true;
        }
        slot = open.find(blockKey, 0);
        if (slot >= 0 && open.time(slot) == timeNanos) {
            open.remove(slot);
        }
        return false;
    }

    /** Allocations that were looked at and not handled yet, and whose blocks are freed. */
    int count() {
        return dead.count;
    }

    /** Forgets all that was looked at. */
    void clear() {
        open.clear();
        dead.clear();
    }

    /**
     * Open-addressing table from a pair of numbers to a time; linear probing, and deletion by moving later entries
     * back.
     */
    private static final class Table {
        private static final int SLOTS = 2 * MAX_BLOCKS;
        private static final int MASK = SLOTS - 1;

        /** 0 in a slot that is not used: no block has this key. */
        private final long[] keys = new long[SLOTS];

        private final long[] seconds = new long[SLOTS];
        private final long[] times = new long[SLOTS];
        private int count;

        /** The slot of the entry, negative if there is no such entry. */
        int find(long key, long second) {
            int slot = home(key, second);
            while (keys[slot] != 0) {
                if (keys[slot] == key && seconds[slot] == second) {
                    return slot;
                }
                slot = (slot + 1) & MASK;
            }
            return -1;
        }

        void add(long key, long second, long time) {
            if (count >= MAX_BLOCKS || key == 0) {
                return;
            }
            int slot = home(key, second);
            while (keys[slot] != 0) {
                slot = (slot + 1) & MASK;
            }
            keys[slot] = key;
            seconds[slot] = second;
            times[slot] = time;
            count++;
        }

        long time(int slot) {
            return times[slot];
        }

        void time(int slot, long time) {
            times[slot] = time;
        }

        void remove(int slot) {
            int hole = slot;
            int next = (slot + 1) & MASK;
            while (keys[next] != 0) {
                int home = home(keys[next], seconds[next]);
                // The entry may move back only if its home does not lie behind the hole, seen cyclically.
                if (((next - home) & MASK) >= ((next - hole) & MASK)) {
                    keys[hole] = keys[next];
                    seconds[hole] = seconds[next];
                    times[hole] = times[next];
                    hole = next;
                }
                next = (next + 1) & MASK;
            }
            keys[hole] = 0;
            count--;
        }

        void clear() {
            if (count != 0) {
                Arrays.fill(keys, 0);
                count = 0;
            }
        }

        private static int home(long key, long second) {
            return (int) (((key ^ second * 0xC2B2AE3D27D4EB4FL) * 0x9E3779B97F4A7C15L) >>> 40) & MASK;
        }
    }
}

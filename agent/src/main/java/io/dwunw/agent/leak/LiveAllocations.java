// SPDX-License-Identifier: MIT
package io.dwunw.agent.leak;

import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The sampled blocks that have not been freed yet, by address.
 *
 * <p>An open-addressing hash table over parallel arrays: linear probing, deletion by moving later entries back, so that
 * no tombstones gather under churn. A block costs 60 bytes plus slack. The table doubles up to its limit;
 * beyond that new blocks are counted in {@link #overflowed()} and forgotten, never silently.
 *
 * <p>Hot: inserting, finding and removing allocate nothing while the table is large enough. Not thread-safe.
 *
 * @param <S> what the owner attaches to a block: its stack
 */
public final class LiveAllocations<S> {
    /** Most blocks kept; with the default interval, that many samples stand for 2 TiB. */
    public static final int MAX_BLOCKS = 4 << 20;

    private static final int INITIAL_CAPACITY = 1 << 12;

    private final int maxBlocks;
    private long[] addresses = new long[INITIAL_CAPACITY];
    private long[] sizes = new long[INITIAL_CAPACITY];
    private long[] weights = new long[INITIAL_CAPACITY];
    private double[] variances = new double[INITIAL_CAPACITY];
    /** Bytes by which a block's stack leads, see {@link #grow}. */
    private long[] leads = new long[INITIAL_CAPACITY];

    private long[] times = new long[INITIAL_CAPACITY];
    private @Nullable Object[] stacks = new Object[INITIAL_CAPACITY];
    private int count;
    private long overflowed;
    private long replaced;

    /** For {@link #MAX_BLOCKS}. */
    public LiveAllocations() {
        this(MAX_BLOCKS);
    }

    /** @param maxBlocks kept at most */
    public LiveAllocations(int maxBlocks) {
        this.maxBlocks = maxBlocks;
    }

    /** Receives blocks one by one; see {@link #forEach}. */
    public interface Visitor<S> {
        /**
         * One live block.
         *
         * @param address of the block
         * @param size in bytes, as asked for
         * @param weight bytes that the sample stands for
         * @param variance of the weight, estimated, in square bytes; 0 if it is no estimate
         * @param timeNanos CLOCK_MONOTONIC time of the allocation
         */
        void block(long address, long size, long weight, double variance, long timeNanos, S stack);
    }

    /**
     * Adds a block. A block already known at that address was freed unseen (its free record was lost): it is replaced,
     * and counted in {@link #replaced()}.
     *
     * @param address not 0
     */
    public void add(long address, long size, long weight, long timeNanos, S stack) {
        add(address, LiveBlock.sampled(size, size, weight, timeNanos, stack));
    }

    /** As the other, of a block that may have been reallocated before. */
    void add(long address, LiveBlock<S> block) {
        if (address == 0) {
            return;
        }
        int slot = slotOf(address);
        if (addresses[slot] == address) {
            replaced++;
        } else {
            if (count >= maxBlocks) {
                overflowed++;
                return;
            }
            if (2 * (count + 1) > addresses.length) {
                grow();
                slot = slotOf(address);
            }
            count++;
        }
        addresses[slot] = address;
        put(slot, block);
    }

    private void put(int slot, LiveBlock<S> block) {
        sizes[slot] = block.size();
        weights[slot] = block.weight();
        variances[slot] = block.variance();
        leads[slot] = block.lead();
        times[slot] = block.timeNanos();
        stacks[slot] = block.stack();
    }

    /** A known block was sampled once more, for the bytes that it has grown by; see {@link LiveBlock#grown}. */
    void grow(int slot, long size, long drawn, long weight, S stack) {
        LiveBlock<S> block = block(slot);
        if (block != null) {
            put(slot, block.grown(size, drawn, weight, stack));
        }
    }

    /** The block in {@code slot}, as found by {@link #find}; null if there is none. */
    @Nullable
    LiveBlock<S> block(int slot) {
        S stack = stack(slot);
        return stack == null
                ? null
                : new LiveBlock<>(sizes[slot], weights[slot], variances[slot], leads[slot], times[slot], stack);
    }

    /** Where {@code address} lies, or -1; valid until the next change, to be used with the accessors below. */
    public int find(long address) {
        if (address == 0) {
            return -1;
        }
        int slot = slotOf(address);
        return addresses[slot] == address ? slot : -1;
    }

    public long size(int slot) {
        return sizes[slot];
    }

    public long weight(int slot) {
        return weights[slot];
    }

    public long timeNanos(int slot) {
        return times[slot];
    }

    @SuppressWarnings("unchecked")
    public @Nullable S stack(int slot) {
        return (S) stacks[slot];
    }

    /** Forgets the block in {@code slot}, as found by {@link #find}. */
    public void removeAt(int slot) {
        int mask = addresses.length - 1;
        int hole = slot;
        int next = slot;
        while (true) {
            next = (next + 1) & mask;
            if (addresses[next] == 0) {
                break;
            }
            int home = home(addresses[next], mask);
            // The entry may move back only if its home does not lie behind the hole, seen cyclically.
            if (((next - home) & mask) >= ((next - hole) & mask)) {
                move(next, hole);
                hole = next;
            }
        }
        addresses[hole] = 0;
        stacks[hole] = null;
        count--;
    }

    /** Number of live sampled blocks. */
    public int count() {
        return count;
    }

    /** Blocks that found no room since the start. */
    public long overflowed() {
        return overflowed;
    }

    /** Blocks that were still listed when their address was allocated again: their free was not seen. */
    public long replaced() {
        return replaced;
    }

    /** Forgets all blocks; the counters stay. */
    public void clear() {
        if (count == 0) {
            return;
        }
        addresses = new long[INITIAL_CAPACITY];
        sizes = new long[INITIAL_CAPACITY];
        weights = new long[INITIAL_CAPACITY];
        variances = new double[INITIAL_CAPACITY];
        leads = new long[INITIAL_CAPACITY];
        times = new long[INITIAL_CAPACITY];
        stacks = new Object[INITIAL_CAPACITY];
        count = 0;
    }

    /** Shows every live block to {@code visitor}, in no particular order; the table must not change meanwhile. */
    @SuppressWarnings("unchecked")
    public void forEach(Visitor<S> visitor) {
        for (int slot = 0; slot < addresses.length; slot++) {
            Object stack = stacks[slot];
            if (addresses[slot] != 0 && stack != null) {
                visitor.block(addresses[slot], sizes[slot], weights[slot], variances[slot], times[slot], (S) stack);
            }
        }
    }

    /** Forgets every block whose address {@code dead} confirms; how many there were. Cold. */
    public int removeIf(LongPredicate dead) {
        long[] candidates = addresses.clone();
        int removed = 0;
        for (long address : candidates) {
            if (address != 0 && dead.test(address)) {
                removeAt(slotOf(address));
                removed++;
            }
        }
        return removed;
    }

    /** Forgets every block that was allocated earlier than that. Cold. */
    void removeBefore(long timeNanos) {
        for (long address : addresses.clone()) {
            if (address != 0) {
                int slot = slotOf(address);
                if (times[slot] < timeNanos) {
                    removeAt(slot);
                }
            }
        }
    }

    private int slotOf(long address) {
        int mask = addresses.length - 1;
        int slot = home(address, mask);
        while (addresses[slot] != 0 && addresses[slot] != address) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    private static int home(long address, int mask) {
        // Blocks are 16-byte aligned: Fibonacci hashing takes the well-mixed high bits.
        return (int) ((address * 0x9E3779B97F4A7C15L) >>> 33) & mask;
    }

    private void move(int from, int to) {
        addresses[to] = addresses[from];
        sizes[to] = sizes[from];
        weights[to] = weights[from];
        variances[to] = variances[from];
        leads[to] = leads[from];
        times[to] = times[from];
        stacks[to] = stacks[from];
    }

    private void grow() {
        long[] oldAddresses = addresses;
        long[] oldSizes = sizes;
        long[] oldWeights = weights;
        double[] oldVariances = variances;
        long[] oldLeads = leads;
        long[] oldTimes = times;
        @Nullable Object[] oldStacks = stacks;
        int capacity = oldAddresses.length * 2;
        addresses = new long[capacity];
        sizes = new long[capacity];
        weights = new long[capacity];
        variances = new double[capacity];
        leads = new long[capacity];
        times = new long[capacity];
        stacks = new Object[capacity];
        for (int i = 0; i < oldAddresses.length; i++) {
            if (oldAddresses[i] != 0) {
                int slot = slotOf(oldAddresses[i]);
                addresses[slot] = oldAddresses[i];
                sizes[slot] = oldSizes[i];
                weights[slot] = oldWeights[i];
                variances[slot] = oldVariances[i];
                leads[slot] = oldLeads[i];
                times[slot] = oldTimes[i];
                stacks[slot] = oldStacks[i];
            }
        }
    }
}

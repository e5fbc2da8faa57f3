package io.dwunw.agent.leak;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongPredicate;

/**
 * All live sampled memory: heap blocks and mappings, and the rules by which records change them.
 *
 * <p>A free is reported when {@code realloc} or {@code mremap} <em>starts</em>, because the address may belong to
 * somebody else before they return; should they fail, the record after it takes the free back ({@link #unfreed}). Not
 * thread-safe.
 *
 * @param <S> what the owner attaches to a block: its stack
 */
public final class LiveMemory<S> {
    /** Frees that may still be taken back, also those of munmap that never are: the oldest go, which loses the undo only. */
    private static final int MAX_UNDECIDED = 1 << 14;

    private final LiveAllocations<S> blocks = new LiveAllocations<>();
    private final LiveMappings<S> mappings = new LiveMappings<>();
    private final Map<Long, Undecided<S>> undecided = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, Undecided<S>> eldest) {
            return size() > MAX_UNDECIDED;
        }
    };

    private record Undecided<S>(boolean mapping, long size, long weight, long timeNanos, S stack) {}

    /** Told of every death of sampled memory. */
    public interface Deaths {
        /**
         * Some memory died.
         *
         * @param address of the block, or of the part of a mapping
         * @param size in bytes
         * @param lifetimeNanos between allocation and free
         */
        void died(long address, long size, long lifetimeNanos);
    }

    /** A sampled block came to life. */
    public void allocated(boolean mapping, long address, long size, long weight, long timeNanos, S stack) {
        if (mapping) {
            mappings.add(address, size, weight, timeNanos, stack);
        } else {
            blocks.add(address, size, weight, timeNanos, stack);
        }
    }

    /**
     * A heap block died. One that is not known (allocated before the sampling began, or its sample was lost) is ignored.
     *
     * @param mayBeUndone by {@link #unfreed}: the free is the first half of a reallocation
     */
    public void freed(long address, long timeNanos, boolean mayBeUndone, Deaths deaths) {
        int slot = blocks.find(address);
        if (slot < 0) {
            return;
        }
        long size = blocks.size(slot);
        long born = blocks.timeNanos(slot);
        S stack = blocks.stack(slot);
        if (mayBeUndone && stack != null) {
            undecided.put(address, new Undecided<>(false, size, blocks.weight(slot), born, stack));
        }
        blocks.removeAt(slot);
        deaths.died(address, size, Math.max(0, timeNanos - born));
    }

    /**
     * A range is about to be unmapped, or moved.
     *
     * @param mayBeUndone by {@link #unfreed}: the call may fail
     */
    public void unmapped(long address, long size, long timeNanos, boolean mayBeUndone, Deaths deaths) {
        // Should the call fail, what is there now comes back, and that need not have been sampled.
        undecided.remove(address);
        mappings.remove(address, size, new LiveAllocations.Visitor<>() {
            @Override
            public void block(long start, long bytes, long weight, long born, S stack) {
                if (mayBeUndone) {
                    undecided.put(start, new Undecided<>(true, bytes, weight, born, stack));
                }
                deaths.died(start, bytes, Math.max(0, timeNanos - born));
            }
        });
    }

    /** The free of {@code address} did not happen after all; whether the block was known. */
    public boolean unfreed(long address) {
        Undecided<S> block = undecided.remove(address);
        if (block == null) {
            return false;
        }
        allocated(block.mapping(), address, block.size(), block.weight(), block.timeNanos(), block.stack());
        return true;
    }

    /** Forgets heap blocks that died unseen: those whose address {@code dead} confirms. */
    public int forgetBlocks(LongPredicate dead) {
        return blocks.removeIf(dead);
    }

    /**
     * Forgets mappings, or parts of them, that were unmapped unseen; not those in whose place something else is mapped.
     *
     * @param mapped all that is mapped: low and high addresses in turns, rising
     */
    public void forgetUnmapped(long[] mapped) {
        mappings.retain(mapped);
    }

    /** As long as it stays the same, so does {@link #deadMappings()}. */
    public long mappingChanges() {
        return mappings.changes();
    }

    /** How many of the mappings seen since the last {@link #clear} have no page left. */
    public long deadMappings() {
        return mappings.dead();
    }

    /** Number of live sampled blocks and mappings. */
    public int count() {
        return blocks.count() + mappings.count();
    }

    /** Blocks that could not be kept, because there are too many. */
    public long overflowed() {
        return blocks.overflowed() + mappings.overflowed();
    }

    /** Blocks whose free was not seen: their address was allocated again. */
    public long replaced() {
        return blocks.replaced();
    }

    /** Forgets everything: nobody watches frees any more. */
    public void clear() {
        blocks.clear();
        mappings.clear();
        undecided.clear();
    }

    /** Shows everything that is live to {@code visitor}. */
    public void forEach(LiveAllocations.Visitor<S> visitor) {
        blocks.forEach(visitor);
        mappings.forEach(visitor);
    }
}

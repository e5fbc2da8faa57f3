// SPDX-License-Identifier: MIT
package io.dwunw.agent.leak;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * All live sampled memory: heap blocks and mappings, and the rules by which records change them.
 *
 * <p>A free is reported when {@code realloc} or {@code mremap} <em>starts</em>, because the address may belong to
 * somebody else before they return. The record after it of the same thread says where the memory is now ({@link
 * #moved}), or takes the free back ({@link #undoFree}). Not thread-safe.
 *
 * @param <S> what the owner attaches to a block: its stack
 */
public final class LiveMemory<S> {
    /**
     * Frees that are still to be decided, also those of munmap that never are: the oldest go, which loses the undo
     * only.
     */
    private static final int MAX_UNDECIDED = 1 << 14;

    private final LiveAllocations<S> blocks;
    private final LiveMappings<S> mappings;
    private final Map<Begun, Undecided<S>> undecided = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Begun, Undecided<S>> eldest) {
            return size() > MAX_UNDECIDED;
        }
    };

    /** A call under way. By its thread, too: another may get the address, and free it, before that call is decided. */
    private static final class Begun {
        private final long address;
        private final int tid;

        Begun(long address, int tid) {
            this.address = address;
            this.tid = tid;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Begun begun && address == begun.address && tid == begun.tid;
        }

        @Override
        public int hashCode() {
            return 31 * tid + Long.hashCode(address >>> 4);
        }
    }

    /** Memory that a call under way has freed: one heap block, or parts of mappings. */
    private record Undecided<S>(@Nullable LiveBlock<S> block, List<LiveMappings.Mapping<S>> parts) {}

    /** For as many blocks and mappings as there can be. */
    public LiveMemory() {
        this(LiveAllocations.MAX_BLOCKS, LiveMappings.MAX_MAPPINGS);
    }

    /** For so many; others are only counted. */
    public LiveMemory(int maxBlocks, int maxMappings) {
        this.blocks = new LiveAllocations<>(maxBlocks);
        this.mappings = new LiveMappings<>(maxMappings);
    }

    /** Receives every death of sampled memory. */
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
     * A block or mapping has grown, and its growth was sampled. What is known of it by now stays: the time of its
     * birth, and its weight, to which that of the growth is added. One that is not known comes to life by this.
     *
     * @param known of a heap block, whether it was sampled before; if not, anything else at its address has died
     *     unseen
     * @param size of all of it
     * @param drawn its last bytes, which are new
     * @param weight bytes that the sample of them stands for
     */
    public void grown(
            boolean mapping, boolean known, long address, long size, long drawn, long weight, long timeNanos, S stack) {
        if (mapping) {
            mappings.grow(address, size, drawn, weight, timeNanos, stack);
            return;
        }
        int slot = known ? blocks.find(address) : -1;
        if (slot < 0) {
            blocks.add(address, LiveBlock.sampled(size, drawn, weight, timeNanos, stack));
        } else {
            blocks.grow(slot, size, drawn, weight, stack);
        }
    }

    /**
     * A heap block died. One that is not known (allocated before the sampling began, or its sample was lost) is
     * ignored.
     */
    public void freed(long address, long timeNanos, Deaths deaths) {
        int slot = blocks.find(address);
        if (slot < 0) {
            return;
        }
        long size = blocks.size(slot);
        long born = blocks.timeNanos(slot);
        blocks.removeAt(slot);
        deaths.died(address, size, Math.max(0, timeNanos - born));
    }

    /** A heap block is about to be reallocated: {@link #moved} or {@link #undoFree} follows. */
    public void reallocating(long address, int tid) {
        Begun call = new Begun(address, tid);
        undecided.remove(call); // that of a call which never ended
        int slot = blocks.find(address);
        LiveBlock<S> block = slot < 0 ? null : blocks.block(slot);
        if (block != null) {
            undecided.put(call, new Undecided<>(block, List.of()));
            blocks.removeAt(slot);
        }
    }

    /**
     * A range is about to be unmapped.
     *
     * @param tid whose call it is; should it fail, {@link #undoFree} follows
     */
    public void unmapped(long address, long size, long timeNanos, int tid, Deaths deaths) {
        for (LiveMappings.Mapping<S> part : takeOut(address, size, tid)) {
            died(part, timeNanos, deaths);
        }
    }

    /** A range is about to be moved by {@code mremap}: {@link #moved} or {@link #undoFree} follows. */
    public void remapping(long address, long size, int tid) {
        takeOut(address, size, tid);
    }

    private List<LiveMappings.Mapping<S>> takeOut(long address, long size, int tid) {
        Begun call = new Begun(address, tid);
        // Should the call fail, what is there now comes back, and that need not have been sampled.
        undecided.remove(call);
        List<LiveMappings.Mapping<S>> parts = new ArrayList<>(1);
        mappings.remove(address, size, new LiveMappings.Listener<>() {
            @Override
            public void gone(LiveMappings.Mapping<S> part) {
                parts.add(part);
            }
        });
        if (!parts.isEmpty()) {
            undecided.put(call, new Undecided<>(null, parts));
        }
        return parts;
    }

    private static <S> void died(LiveMappings.Mapping<S> part, long timeNanos, Deaths deaths) {
        LiveBlock<S> block = part.block();
        deaths.died(part.address(), block.size(), Math.max(0, timeNanos - block.timeNanos()));
    }

    /**
     * What {@code tid} was about to reallocate, or to remap, is at another address now, or has another size there. It
     * is as old as before.
     *
     * @param from where it was, as recorded when the call began
     * @param to where it is
     * @param size in bytes, as asked for
     * @param kept how many of them the old block had room for, see {@link LiveBlock#moved}
     * @param deaths receives the pages of a mapping that were cut off
     */
    public void moved(long from, long to, long size, long kept, long timeNanos, int tid, Deaths deaths) {
        Undecided<S> old = undecided.remove(new Begun(from, tid));
        if (old == null) {
            return;
        }
        if (old.block() != null) {
            blocks.add(to, old.block().moved(size, kept));
        }
        for (LiveMappings.Mapping<S> part : old.parts()) {
            long left = Math.min(part.end(), from + kept) - part.address();
            if (left > 0) {
                mappings.put(new LiveMappings.Mapping<>(
                        part.number(),
                        to + (part.address() - from),
                        part.block().part(left)));
            }
            long gone = Math.max(part.address(), from + kept);
            if (gone < part.end()) {
                died(part.part(gone, part.end()), timeNanos, deaths);
            }
        }
    }

    /** The free of {@code address} by {@code tid} did not happen after all; whether anything was known there. */
    public boolean undoFree(long address, int tid) {
        Undecided<S> old = undecided.remove(new Begun(address, tid));
        if (old == null) {
            return false;
        }
        if (old.block() != null) {
            blocks.add(address, old.block());
        }
        for (LiveMappings.Mapping<S> part : old.parts()) {
            mappings.put(part);
        }
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

    /** Forgets what was allocated earlier than that. */
    public void forgetBefore(long timeNanos) {
        blocks.removeBefore(timeNanos);
        mappings.removeBefore(timeNanos);
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

    /** Forgets everything, as frees are not watched any more. */
    public void clear() {
        blocks.clear();
        mappings.clear();
        undecided.clear();
    }

    /** Shows the heap blocks that are live to {@code visitor}. */
    public void forEachBlock(LiveAllocations.Visitor<S> visitor) {
        blocks.forEach(visitor);
    }

    /** Shows everything that is live to {@code visitor}. */
    public void forEach(LiveAllocations.Visitor<S> visitor) {
        blocks.forEach(visitor);
        mappings.forEach(visitor);
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.leak;

import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The sampled mappings ({@code mmap}, {@code mremap}) that still have pages mapped.
 *
 * <p>Unlike a heap block, a mapping can be unmapped from either end, in the middle, together with its neighbours, or
 * be replaced by a mapping at a fixed address. What remains, and what {@code mremap} moves, keeps its share of the
 * weight, its time and its stack. Mappings outside libc are few, so a sorted tree is enough. Not thread-safe.
 *
 * @param <S> what the owner attaches to a mapping: its stack
 */
public final class LiveMappings<S> {
    /** Most mappings kept: the kernel itself allows 65,530 per process by default. */
    public static final int MAX_MAPPINGS = 1 << 17;

    private final int maxMappings;
    private final TreeMap<Long, Mapping<S>> byAddress = new TreeMap<>();
    private long added;
    private long changes;
    private long overflowed;

    /**
     * One mapping, or a part of it.
     *
     * @param number of the mapping, the same of all its parts
     */
    record Mapping<S>(long number, long address, LiveBlock<S> block) {
        long end() {
            return address + block.size();
        }

        Mapping<S> part(long from, long to) {
            return new Mapping<>(number, from, block.part(to - from));
        }
    }

    /** Is shown the parts of mappings that are gone. */
    interface Listener<S> {
        void gone(Mapping<S> part);
    }

    /** For {@link #MAX_MAPPINGS}. */
    public LiveMappings() {
        this(MAX_MAPPINGS);
    }

    /** @param maxMappings kept at most */
    public LiveMappings(int maxMappings) {
        this.maxMappings = maxMappings;
    }

    /** Adds a mapping; what it replaces (a fixed address) is gone. Empty ranges and such beyond 2^63 are ignored. */
    public void add(long address, long size, long weight, long timeNanos, S stack) {
        added++;
        put(new Mapping<>(added, address, LiveBlock.sampled(size, size, weight, timeNanos, stack)));
    }

    /** Puts a part of a mapping where it has been moved to, or where it has turned out to be still. */
    void put(Mapping<S> mapping) {
        long address = mapping.address();
        long size = mapping.block().size();
        if (address <= 0 || size <= 0 || address + size < 0) {
            return;
        }
        remove(address, size, null);
        if (byAddress.size() >= maxMappings) {
            overflowed++;
            return;
        }
        changes++;
        byAddress.put(address, mapping);
    }

    /**
     * A mapping has grown, and the growth was sampled. It continues what lies before it; if that is no sampled
     * memory, it is a mapping by itself.
     *
     * @param address of the whole mapping
     * @param size of the whole mapping
     * @param drawn its last bytes, which are new
     * @param weight bytes that the sample of them stands for
     */
    void grow(long address, long size, long drawn, long weight, long timeNanos, S stack) {
        long from = address + size - drawn;
        Map.Entry<Long, Mapping<S>> before = byAddress.lowerEntry(from);
        if (before == null
                || before.getValue().address() < address
                || before.getValue().end() != from) {
            add(from, drawn, weight, timeNanos, stack);
            return;
        }
        added++;
        Mapping<S> mapping = before.getValue();
        LiveBlock<S> block = mapping.block();
        LiveBlock<S> grown = block.grown(block.size() + drawn, drawn, weight, stack);
        put(new Mapping<>(mapping.number(), mapping.address(), grown));
    }

    /**
     * Takes {@code size} bytes at {@code address} away from whatever is mapped there.
     *
     * @param listener is shown each part that is gone
     */
    void remove(long address, long size, @Nullable Listener<S> listener) {
        if (address < 0 || size <= 0 || byAddress.isEmpty()) {
            return;
        }
        long end = address + size < 0 ? Long.MAX_VALUE : address + size;
        Map.Entry<Long, Mapping<S>> entry = byAddress.lowerEntry(end);
        while (entry != null && entry.getValue().end() > address) {
            Mapping<S> mapping = entry.getValue();
            changes++;
            byAddress.remove(mapping.address());
            long from = Math.max(address, mapping.address());
            long to = Math.min(end, mapping.end());
            if (mapping.address() < from) {
                byAddress.put(mapping.address(), mapping.part(mapping.address(), from));
            }
            if (to < mapping.end()) {
                byAddress.put(to, mapping.part(to, mapping.end()));
            }
            if (listener != null) {
                listener.gone(mapping.part(from, to));
            }
            entry = byAddress.lowerEntry(from);
        }
    }

    /**
     * Forgets what was unmapped unseen.
     *
     * @param mapped all that is mapped: low and high addresses in turns, rising
     */
    public void retain(long[] mapped) {
        long from = 0;
        for (int i = 0; i < mapped.length; i += 2) {
            remove(from, mapped[i] - from, null);
            from = mapped[i + 1];
        }
        remove(from, Long.MAX_VALUE - from, null);
    }

    /** Forgets the mappings that were made earlier than that. */
    void removeBefore(long timeNanos) {
        Iterator<Mapping<S>> each = byAddress.values().iterator();
        while (each.hasNext()) {
            if (each.next().block().timeNanos() < timeNanos) {
                each.remove();
                changes++;
            }
        }
    }

    public int count() {
        return byAddress.size();
    }

    /** Grows with every change: as long as it stays the same, so does {@link #dead()}. */
    public long changes() {
        return changes;
    }

    /** How many of the mappings ever added have no page left. */
    public long dead() {
        Set<Long> alive = new HashSet<>();
        for (Mapping<S> mapping : byAddress.values()) {
            alive.add(mapping.number());
        }
        return added - alive.size();
    }

    /** Mappings that found no room since the start. */
    public long overflowed() {
        return overflowed;
    }

    /** Forgets all mappings, and that there were any. */
    public void clear() {
        byAddress.clear();
        added = 0;
        changes++;
    }

    /** Shows every mapping that is left to {@code visitor}, by rising address. */
    public void forEach(LiveAllocations.Visitor<S> visitor) {
        for (Mapping<S> m : byAddress.values()) {
            LiveBlock<S> block = m.block();
            visitor.block(
                    m.address(), block.size(), block.weight(), block.variance(), block.timeNanos(), block.stack());
        }
    }
}

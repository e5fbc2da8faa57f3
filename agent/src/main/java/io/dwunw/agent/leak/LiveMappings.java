package io.dwunw.agent.leak;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The sampled mappings ({@code mmap}, {@code mremap}) that still have pages mapped.
 *
 * <p>Unlike a heap block, a mapping can be unmapped from either end, in the middle, together with its neighbours, or be
 * replaced by a mapping at a fixed address. What remains keeps its share of the weight, its time and its stack.
 * Mappings outside libc are few, so a sorted tree is enough. Not thread-safe.
 *
 * @param <S> what the owner attaches to a mapping: its stack
 */
public final class LiveMappings<S> {
    /** Most mappings kept: the kernel itself allows 65,530 per process unless told otherwise. */
    public static final int MAX_MAPPINGS = 1 << 17;

    private final TreeMap<Long, Mapping<S>> byAddress = new TreeMap<>();
    private long added;
    private long changes;
    private long overflowed;

    private record Mapping<S>(long number, long address, long size, double weightPerByte, long timeNanos, S stack) {
        long end() {
            return address + size;
        }

        Mapping<S> part(long from, long to) {
            return new Mapping<>(number, from, to - from, weightPerByte, timeNanos, stack);
        }
    }

    /** Adds a mapping; what it replaces (a fixed address) is gone. Empty ranges and such beyond 2^63 are ignored. */
    public void add(long address, long size, long weight, long timeNanos, S stack) {
        added++;
        if (address <= 0 || size <= 0 || address + size < 0) {
            return;
        }
        remove(address, size, null);
        if (byAddress.size() >= MAX_MAPPINGS) {
            overflowed++;
            return;
        }
        changes++;
        byAddress.put(address, new Mapping<>(added, address, size, (double) weight / size, timeNanos, stack));
    }

    /**
     * Takes {@code size} bytes at {@code address} away from whatever is mapped there.
     *
     * @param listener is shown each part that is gone
     */
    public void remove(long address, long size, LiveAllocations.@Nullable Visitor<S> listener) {
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
                show(mapping.part(from, to), listener);
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
            show(m, visitor);
        }
    }

    private static <S> void show(Mapping<S> m, LiveAllocations.Visitor<S> visitor) {
        visitor.block(m.address(), m.size(), Math.round(m.weightPerByte() * m.size()), m.timeNanos(), m.stack());
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

import org.jspecify.annotations.Nullable;

/**
 * Methods as they were read for stacks that were copied before a class was unloaded or replaced, or for words that only
 * might be a frame's. Such a reading is not remembered, as the method may be dead; it only serves other stacks of that
 * kind until the next such event, so that a sidecar that has fallen behind does not read the same metadata for each of
 * them, or the rest of its own walk. Bounded; a newer method takes an older one's place. Not thread-safe.
 */
final class TransientMethods {
    private static final int SLOTS = 1 << 11;
    /** Slots that a method may stand in. */
    private static final int WAYS = 8;

    private int next;
    private final @Nullable Entry[] entries = new @Nullable Entry[SLOTS];

    /** One reading; used again for other methods, so that nothing is allocated once all are there. */
    static final class Entry {
        long address;
        int epoch;
        int id;
        /** See {@link JavaMethods}. */
        int lasting;

        long constMethod;
        long poolCache;
        int codeSize;
    }

    @Nullable
    Entry find(long method, int epoch) {
        int first = slot(method);
        for (int way = 0; way < WAYS; way++) {
            Entry entry = entries[first ^ way];
            if (entry != null && entry.address == method && entry.epoch == epoch) {
                return entry;
            }
        }
        return null;
    }

    void put(long method, int epoch, int id, int lasting, long constMethod, long poolCache, int codeSize) {
        Entry entry = room(method, epoch);
        entry.address = method;
        entry.epoch = epoch;
        entry.id = id;
        entry.lasting = lasting;
        entry.constMethod = constMethod;
        entry.poolCache = poolCache;
        entry.codeSize = codeSize;
    }

    private Entry room(long method, int epoch) {
        int first = slot(method);
        for (int way = 0; way < WAYS; way++) {
            Entry entry = entries[first ^ way];
            if (entry == null) {
                Entry created = new Entry();
                entries[first ^ way] = created;
                return created;
            }
            if (entry.epoch != epoch || entry.address == method) {
                return entry;
            }
        }
        Entry any = entries[first ^ (next++ & (WAYS - 1))];
        return any != null ? any : new Entry();
    }

    private static int slot(long method) {
        return (int) ((method * 0x9e37_79b9_7f4a_7c15L) >>> 40) & (SLOTS - 1);
    }
}

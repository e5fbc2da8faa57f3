// SPDX-License-Identifier: MIT
package io.dwunw.agent.stack;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Equal stacks become one {@link StackTrace}, which is what makes a stack cheap to keep and to compare.
 *
 * <p>Bounded: two tables take turns. When the young one is full it becomes the old one, and what is then not asked for
 * again is forgotten at the next turn. A forgotten stack that is still referenced stays as it is; only an equal one
 * that comes later will be another object.
 *
 * <p>Hot: finding a known stack allocates nothing.
 */
public final class StackTraces {
    private final int limit;
    private @Nullable StackTrace[] young;
    private @Nullable StackTrace[] old;
    private int inYoung;
    private int lastId;

    /** @param capacity stacks remembered at least; at most twice as many */
    public StackTraces(int capacity) {
        if (capacity < 1 || capacity > 1 << 24) {
            throw new IllegalArgumentException("capacity " + capacity);
        }
        limit = capacity;
        young = new StackTrace[Integer.highestOneBit(capacity) << 2];
        old = new StackTrace[1];
    }

    public StackTrace intern(FrameBuffer frames) {
        int hash = frames.stackHash();
        StackTrace known = find(young, hash, frames);
        if (known != null) {
            return known;
        }
        StackTrace kept = find(old, hash, frames);
        if (kept == null) {
            kept = new StackTrace(++lastId, hash, frames.copyFrames(), frames.state());
        }
        insert(kept);
        return kept;
    }

    /** Stacks ever made; the id of the latest. */
    public int created() {
        return lastId;
    }

    private static @Nullable StackTrace find(@Nullable StackTrace[] table, int hash, FrameBuffer frames) {
        int mask = table.length - 1;
        for (int slot = hash & mask; ; slot = (slot + 1) & mask) {
            StackTrace trace = table[slot];
            if (trace == null) {
                return null;
            }
            if (trace.stackHash() == hash && frames.sameAs(trace)) {
                return trace;
            }
        }
    }

    private void insert(StackTrace trace) {
        if (inYoung == limit) {
            @Nullable StackTrace[] reused = old.length == young.length ? old : new StackTrace[young.length];
            old = young;
            young = reused;
            Arrays.fill(young, null);
            inYoung = 0;
        }
        int mask = young.length - 1;
        int slot = trace.stackHash() & mask;
        while (young[slot] != null) {
            slot = (slot + 1) & mask;
        }
        young[slot] = trace;
        inYoung++;
    }
}

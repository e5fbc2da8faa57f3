// SPDX-License-Identifier: MIT
package io.dwunw.unwind;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Unwind rules by lookup address: open addressing over parallel arrays, no allocation on a hit. Bounded: when full it
 * starts afresh, which costs a few microseconds per address once.
 */
final class RuleCache {
    private static final int INITIAL_CAPACITY = 1 << 10;
    /** Addresses kept; a JVM under load shows some thousands. */
    static final int MAX_ENTRIES = 1 << 16;

    /** Multiplicative hashing (Knuth, TAOCP 6.4): 2^64 divided by the golden ratio. */
    private static final long GOLDEN = 0x9e3779b97f4a7c15L;

    private long[] keys = new long[INITIAL_CAPACITY];
    private @Nullable UnwindRule[] rules = new UnwindRule[INITIAL_CAPACITY];
    private int shift = Long.SIZE - Integer.numberOfTrailingZeros(INITIAL_CAPACITY);
    private int size;
    private final Map<UnwindRule, UnwindRule> shared = new HashMap<>();

    /** Hot. The rule stored for an address, or null. */
    @Nullable
    UnwindRule find(long lookupAvma) {
        int mask = keys.length - 1;
        int at = (int) ((lookupAvma * GOLDEN) >>> shift);
        while (true) {
            UnwindRule rule = rules[at];
            if (rule == null || keys[at] == lookupAvma) {
                return rule;
            }
            at = at + 1 & mask;
        }
    }

    /** Stores a rule for an address that has none, and returns the object that stands for it from now on. */
    UnwindRule put(long lookupAvma, UnwindRule rule) {
        if (size == MAX_ENTRIES) {
            clear();
        }
        if (2 * (size + 1) > keys.length) {
            grow();
        }
        UnwindRule stored = rule.canBeShared() ? shared(rule) : rule;
        insert(lookupAvma, stored);
        size++;
        return stored;
    }

    private UnwindRule shared(UnwindRule rule) {
        UnwindRule same = shared.putIfAbsent(rule, rule);
        return same == null ? rule : same;
    }

    void clear() {
        Arrays.fill(rules, null);
        shared.clear();
        size = 0;
    }

    int size() {
        return size;
    }

    private void insert(long key, UnwindRule rule) {
        int mask = keys.length - 1;
        int at = (int) ((key * GOLDEN) >>> shift);
        while (rules[at] != null) {
            at = at + 1 & mask;
        }
        keys[at] = key;
        rules[at] = rule;
    }

    private void grow() {
        long[] oldKeys = keys;
        @Nullable UnwindRule[] oldRules = rules;
        keys = new long[2 * oldKeys.length];
        rules = new UnwindRule[keys.length];
        shift--;
        for (int i = 0; i < oldKeys.length; i++) {
            UnwindRule rule = oldRules[i];
            if (rule != null) {
                insert(oldKeys[i], rule);
            }
        }
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

import org.jspecify.annotations.Nullable;

/**
 * Evidence that compiled code may have been freed. Up to JDK 19 only the sweeper frees code, in a thread of its own:
 * code that was in use is found unused in one of its turns, and freed in a later one. Later JDKs free code in
 * collections that unload classes, at once.
 *
 * @param counter rises before code that was in use is freed
 * @param unseenNanos how old its last reading may be: for a reading that is expensive, and frees that take their time
 * @param shortestNanos code that is in use at some moment is not freed within that time from then
 *     as long as no class is unloaded
 * @param shortestLifeNanos code that is freed has lived longer, as long as no class is unloaded; 0 if that is
 *     unknown
 * @param told whether the counter reports frees; if not, they may happen at any time
 */
record CodeFrees(JvmCounter counter, long unseenNanos, long shortestNanos, long shortestLifeNanos, boolean told) {
    static final int FIRST_WITHOUT_SWEEPER = 20;
    private static final long UNSEEN_NANOS = 1_000_000;
    private static final long SHORTEST_NANOS = 5_000_000;
    /** It was asked for, compiled, run, given up, found unused by one turn of the sweeper, and freed by another. */
    private static final long SHORTEST_LIFE_NANOS = 50_000_000;

    private static final int MAX_COLLECTORS = 8;
    private static final String COLLECTOR = "sun.gc.collector.";

    /** Of a JVM that frees nothing: one that was recorded, or has no thread that does so. */
    static CodeFrees never() {
        return new CodeFrees(() -> 0, 0, 0, 0, true);
    }

    /** Where nothing tells: at any time. */
    private static CodeFrees always() {
        return new CodeFrees(System::nanoTime, 0, SHORTEST_NANOS, 0, false);
    }

    /**
     * What this JVM has to tell.
     *
     * @param sweeper rises whenever JDK 17's sweeper runs; null if it has none or that is not known
     * @param compiles whether this JVM compiles at all
     * @param collections rises with each collection, see {@link HeapCollections}; null if that is not known
     */
    static CodeFrees of(
            int major,
            boolean compiles,
            @Nullable JvmCounter sweeper,
            @Nullable PerfData perfData,
            @Nullable JvmCounter collections) {
        if (major < FIRST_WITHOUT_SWEEPER) {
            if (!compiles) {
                // HotSpot starts the sweeper beside the compilers (CompileBroker::init_compiler_threads).
                return never();
            }
            return sweeper == null
                    ? always()
                    : new CodeFrees(sweeper, UNSEEN_NANOS, SHORTEST_NANOS, SHORTEST_LIFE_NANOS, true);
        }
        CodeFrees unloadings = perfData == null ? null : ofUnloadings(perfData);
        if (unloadings != null) {
            return unloadings;
        }
        return collections == null ? always() : new CodeFrees(collections, 0, 0, 0, true);
    }

    /**
     * Where the words are whose sum is the counter; none if it is not one of collections that are counted separately.
     */
    long[] words() {
        return counter instanceof Collections collections ? collections.words() : new long[0];
    }

    /** By the collections that may unload classes. */
    private static @Nullable CodeFrees ofUnloadings(PerfData perfData) {
        Collections collections = new Collections();
        for (int i = 0; i < MAX_COLLECTORS; i++) {
            String name = perfData.text(COLLECTOR + i + ".name");
            JvmCounter invocations = perfData.counter(COLLECTOR + i + ".invocations");
            if (name != null && invocations != null && !name.contains("young") && !name.contains("minor")) {
                collections.counters[collections.count++] = invocations;
            }
        }
        return collections.count == 0 ? null : new CodeFrees(collections, 0, 0, 0, true);
    }

    private static final class Collections implements JvmCounter {
        private final @Nullable JvmCounter[] counters = new @Nullable JvmCounter[MAX_COLLECTORS];
        private int count;

        long[] words() {
            long[] words = new long[count];
            for (int i = 0; i < count; i++) {
                JvmCounter counter = counters[i];
                words[i] = counter == null ? 0 : counter.address();
            }
            return words;
        }

        @Override
        public long value() {
            long sum = 0;
            for (int i = 0; i < count; i++) {
                JvmCounter counter = counters[i];
                sum += counter == null ? 0 : counter.value();
            }
            return sum;
        }
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.symbol;

/**
 * The code symbols of one module: parallel arrays in the order of buckets, each bucket a stretch of addresses with some
 * ten symbols in no order. Immutable.
 *
 * <p>A reference to a symbol is its table's number and its index there in one int, see {@link SymbolTables}.
 */
final class SymbolIndex {
    static final int NONE = -1;
    /**
     * Names compared where many symbols start at one address; the constructors and aliases of real files are some ten.
     */
    private static final int MAX_COMPARED = 256;

    /**
     * Symbols below the nearest's bucket that are looked at for one address. Functions with thousands of labels are
     * real; with more the file has made up sizes to make each search long, and the nearest symbol below is the answer.
     */
    private static final int MAX_SEARCHED = 1 << 16;

    private static final int SYMBOLS_PER_BUCKET = 8;
    /** Few, so that the method which does it is soon called often enough to be compiled. */
    private static final int PLACED_AT_ONCE = 256;

    private static final long UNSIGNED = 0xffff_ffffL;

    private final long base;
    /** A bucket spans 2<sup>shift</sup> bytes. */
    private final int shift;
    /** From {@link #base} to the symbol; unsigned. */
    private final int[] distances;
    /** Bytes, clamped to an unsigned int; 0 when the symbol does not state one. */
    private final int[] sizes;

    private final int[] references;
    /** Where each bucket begins in the arrays above; one more than there are buckets. */
    private final int[] bucketStarts;
    /** The highest end, as a distance, of all symbols of a bucket and those below it: functions contain labels. */
    private final long[] reach;

    /**
     * Puts symbols, given in any order, into buckets.
     *
     * @param base address from which distances count
     * @param highest the highest distance
     * @param count of symbols; the arrays may be longer
     */
    SymbolIndex(long base, long highest, int[] distances, int[] sizes, int[] references, int count) {
        this.base = base;
        int bits = 0;
        while (highest >>> bits > count / SYMBOLS_PER_BUCKET) {
            bits++;
        }
        this.shift = bits;
        int buckets = (int) (highest >>> bits) + 1;
        this.distances = new int[count];
        this.sizes = new int[count];
        this.references = new int[count];
        this.reach = new long[buckets];
        int[] ends = ends(distances, count, buckets);
        for (int from = 0; from < count; from += PLACED_AT_ONCE) {
            place(distances, sizes, references, from, Math.min(count, from + PLACED_AT_ONCE), ends);
        }
        this.bucketStarts = ends; // what was the end of a bucket is its start now
        for (int i = 1; i < buckets; i++) {
            reach[i] = Math.max(reach[i], reach[i - 1]);
        }
    }

    private int bucket(int distance) {
        return (int) ((distance & UNSIGNED) >>> shift);
    }

    private int[] ends(int[] from, int count, int buckets) {
        int[] ends = new int[buckets + 1];
        int bits = shift;
        for (int i = 0; i < count; i++) {
            ends[(int) ((from[i] & UNSIGNED) >>> bits)]++;
        }
        for (int i = 1; i < buckets; i++) {
            ends[i] += ends[i - 1];
        }
        ends[buckets] = count;
        return ends;
    }

    private void place(int[] fromDistances, int[] fromSizes, int[] fromReferences, int from, int to, int[] ends) {
        for (int i = from; i < to; i++) {
            long distance = fromDistances[i] & UNSIGNED;
            long size = fromSizes[i] & UNSIGNED;
            int bucket = (int) (distance >>> shift);
            int entry = --ends[bucket];
            distances[entry] = (int) distance;
            sizes[entry] = (int) size;
            references[entry] = fromReferences[i];
            if (distance + size > reach[bucket]) {
                reach[bucket] = distance + size;
            }
        }
    }

    private long end(int entry) {
        return (distances[entry] & UNSIGNED) + (sizes[entry] & UNSIGNED);
    }

    /**
     * An entry whose stated size has the address, the innermost of several; else one of the nearest below; else
     * {@link #NONE}.
     */
    int find(long svma) {
        long distance = svma - base;
        if (distance < 0 || distances.length == 0) {
            return NONE;
        }
        int nearest = NONE;
        int highest = (int) Math.min(distance >>> shift, reach.length - 1L);
        int searched = 0;
        for (int bucket = highest; bucket >= 0 && (nearest == NONE || reach[bucket] > distance); bucket--) {
            searched += 1 + bucketStarts[bucket + 1] - bucketStarts[bucket];
            if (nearest != NONE && searched > MAX_SEARCHED) {
                break;
            }
            int below = nearestBelow(bucket, distance);
            int containing = containing(bucket, distance);
            if (containing != NONE) {
                return containing;
            }
            nearest = nearest == NONE ? below : nearest;
        }
        return nearest;
    }

    private int nearestBelow(int bucket, long distance) {
        int nearest = NONE;
        long highest = -1;
        for (int i = bucketStarts[bucket]; i < bucketStarts[bucket + 1]; i++) {
            long start = distances[i] & UNSIGNED;
            if (start <= distance && start > highest) {
                nearest = i;
                highest = start;
            }
        }
        return nearest;
    }

    private int containing(int bucket, long distance) {
        int innermost = NONE;
        long highest = -1;
        for (int i = bucketStarts[bucket]; i < bucketStarts[bucket + 1]; i++) {
            long start = distances[i] & UNSIGNED;
            if (start <= distance && start > highest && distance < end(i)) {
                innermost = i;
                highest = start;
            }
        }
        return innermost;
    }

    boolean contains(int entry, long svma) {
        return Long.compareUnsigned(svma - startSvma(entry), Integer.toUnsignedLong(sizes[entry])) < 0;
    }

    long startSvma(int entry) {
        return base + Integer.toUnsignedLong(distances[entry]);
    }

    /** The symbol that names an entry, of all that start where it does. Reads names: cold. */
    int preferred(int entry, SymbolPreference preference) {
        int bucket = bucket(distances[entry]);
        int best = references[entry];
        int compared = 1;
        for (int i = bucketStarts[bucket]; i < bucketStarts[bucket + 1] && compared < MAX_COMPARED; i++) {
            if (i != entry && distances[i] == distances[entry]) {
                best = preference.better(best, references[i]);
                compared++;
            }
        }
        return best;
    }
}

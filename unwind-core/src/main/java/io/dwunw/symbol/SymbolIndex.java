package io.dwunw.symbol;

import java.util.Arrays;

/**
 * The code symbols of one module, sorted by address: parallel arrays, one entry per distinct start. Immutable.
 *
 * <p>A reference to a symbol is its table's number and its index there in one int, see {@link SymbolTables}.
 */
final class SymbolIndex {
    static final int NONE = -1;
    /** Names compared where many symbols start at one address; the constructors and aliases of real files are some ten. */
    private static final int MAX_COMPARED = 256;

    private final long[] startSvma;
    /** Bytes, clamped to an unsigned int; 0 when no symbol of that start states a size. */
    private final int[] sizes;

    /** Where each entry's symbols begin in {@link #references}; one more than there are entries. */
    private final int[] firstReference;

    private final int[] references;
    /** The closest entry before it that reaches beyond its start, or {@link #NONE}: functions contain labels. */
    private final int[] enclosing;

    SymbolIndex(long[] startSvma, int[] sizes, int[] firstReference, int[] references) {
        this.startSvma = startSvma;
        this.sizes = sizes;
        this.firstReference = firstReference;
        this.references = references;
        this.enclosing = enclosing();
    }

    private int[] enclosing() {
        int[] links = new int[startSvma.length];
        int open = NONE;
        for (int i = 0; i < links.length; i++) {
            while (open != NONE && !contains(open, startSvma[i])) {
                open = links[open];
            }
            links[i] = open;
            open = i;
        }
        return links;
    }

    /**
     * The entry whose stated size has the address, the innermost of several; else the nearest entry below; else
     * {@link #NONE}.
     */
    int find(long svma) {
        int nearest = nearestBelow(svma);
        for (int i = nearest; i != NONE; i = enclosing[i]) {
            if (contains(i, svma)) {
                return i;
            }
        }
        return nearest;
    }

    private int nearestBelow(long svma) {
        int found = Arrays.binarySearch(startSvma, svma);
        return found >= 0 ? found : -found - 2;
    }

    boolean contains(int entry, long svma) {
        return Long.compareUnsigned(svma - startSvma[entry], Integer.toUnsignedLong(sizes[entry])) < 0;
    }

    long startSvma(int entry) {
        return startSvma[entry];
    }

    /** The symbol that gives an entry its name, of all that start there. Reads names: cold. */
    int preferred(int entry, SymbolPreference preference) {
        int first = firstReference[entry];
        int end = Math.min(firstReference[entry + 1], first + MAX_COMPARED);
        int best = references[first];
        for (int i = first + 1; i < end; i++) {
            best = preference.better(best, references[i]);
        }
        return best;
    }
}

package io.dwunw.dwarf;

import io.dwunw.bytes.MalformedDataException;
import java.util.Arrays;
import java.util.function.Consumer;

/** A search table for sections that come without one (or with a broken one), made by reading all entries once. */
public final class FdeIndex {
    private long[] starts = new long[1024];
    private int[] offsets = new int[1024];
    private int count;

    private FdeIndex() {}

    /** Indexes a section; entries that are damaged are left out, a damaged length ends the section. */
    static FdeIndex scan(CfiSection section) {
        FdeIndex index = new FdeIndex();
        forEach(section, index::add);
        index.sort();
        return index;
    }

    /** Shows every readable FDE of a section, in file order. */
    public static void forEach(CfiSection section, Consumer<Fde> action) {
        long offset = 0;
        while (section.bytes().contains(offset, 4)) {
            long next;
            try {
                next = section.next(offset);
            } catch (MalformedDataException damagedLength) {
                return;
            }
            try {
                Fde fde = section.entry(offset).fde();
                if (fde != null) {
                    action.accept(fde);
                }
            } catch (MalformedDataException damagedEntry) {
                // The next one may be sound.
            }
            offset = next;
        }
    }

    int count() {
        return count;
    }

    /** Index of the last FDE that starts at or before this address, or -1. */
    int lastNotAfter(long svma) {
        int low = 0;
        int high = count - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (Long.compareUnsigned(starts[middle], svma) <= 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return high;
    }

    /** Section offset of an FDE. */
    long offset(int index) {
        return offsets[index];
    }

    private void add(Fde fde) {
        if (fde.bytes() == 0 || count == CfiLimits.MAX_INDEXED_FDES) {
            return;
        }
        if (count == starts.length) {
            starts = Arrays.copyOf(starts, 2 * count);
            offsets = Arrays.copyOf(offsets, 2 * count);
        }
        starts[count] = fde.startSvma();
        offsets[count++] = (int) fde.offset();
    }

    private void sort() {
        Integer[] order = new Integer[count];
        Arrays.setAll(order, i -> i);
        long[] unsorted = starts;
        Arrays.sort(order, (a, b) -> Long.compareUnsigned(unsorted[a], unsorted[b]));
        long[] sortedStarts = new long[count];
        int[] sortedOffsets = new int[count];
        for (int i = 0; i < count; i++) {
            sortedStarts[i] = starts[order[i]];
            sortedOffsets[i] = offsets[order[i]];
        }
        starts = sortedStarts;
        offsets = sortedOffsets;
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.dwarf;

import io.dwunw.bytes.FileAccount;
import io.dwunw.bytes.MalformedDataException;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A search table for sections that come without one (or with a broken one), made by reading all entries once. */
public final class FdeIndex {
    /** Of the heap: 12 in the end, but sorting takes more. */
    private static final int BYTES_PER_FDE = 50;

    /** Entries read between two looks at the clock. */
    private static final int ENTRIES_WATCHED = 64;

    private long[] starts = new long[1024];
    private int[] offsets = new int[1024];
    private int count;

    private final FileAccount account;

    private FdeIndex(FileAccount account) {
        this.account = account;
    }

    /** Indexes a section; entries that are damaged are left out, a damaged length ends the section. */
    static FdeIndex scan(CfiSection section) {
        FdeIndex index = new FdeIndex(section.bytes().account());
        forEach(section, index::add);
        index.sort();
        return index;
    }

    /** Shows every readable FDE of a section, in file order. */
    public static void forEach(CfiSection section, Consumer<Fde> action) {
        long offset = 0;
        int entries = 0;
        while (section.bytes().contains(offset, 4)) {
            if (entries++ % ENTRIES_WATCHED == 0) {
                section.bytes().account().watch();
            }
            long next;
            try {
                next = section.next(offset);
            } catch (MalformedDataException damagedLength) {
                return;
            }
            Fde fde = readable(section, offset);
            if (fde != null) {
                action.accept(fde);
            }
            offset = next;
        }
    }

    private static @Nullable Fde readable(CfiSection section, long offset) {
        try {
            return section.entry(offset).fde();
        } catch (MalformedDataException damagedEntry) {
            return null; // the next one may be sound
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
            account.take((long) BYTES_PER_FDE * count, "call frame information");
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

// SPDX-License-Identifier: MIT
package io.dwunw.symbol;

import io.dwunw.elf.Elf;
import io.dwunw.elf.ElfImage;
import io.dwunw.elf.ProgramHeader;
import io.dwunw.elf.SectionHeader;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Ranges in which a file has code: its executable sections, or its executable segments when it has no section headers.
 * A symbol never names an address in another range than its own.
 */
final class CodeRanges {
    private static final long SHF_EXECINSTR = 4;
    /** Real files have about five; objects of one section per function are not loaded as they are. */
    private static final int MAX_RANGES = 256;

    private final long[] lowSvma;
    private final long[] highSvma;

    private CodeRanges(List<long[]> ranges) {
        // Largest first: nearly every address lies in .text.
        ranges.sort(new LargestFirst());
        lowSvma = new long[ranges.size()];
        highSvma = new long[ranges.size()];
        for (int i = 0; i < lowSvma.length; i++) {
            lowSvma[i] = ranges.get(i)[0];
            highSvma[i] = ranges.get(i)[1];
        }
    }

    private static final class LargestFirst implements Comparator<long[]> {
        @Override
        public int compare(long[] one, long[] other) {
            return Long.compareUnsigned(other[1] - other[0], one[1] - one[0]);
        }
    }

    static CodeRanges of(ElfImage image) {
        List<long[]> ranges = new ArrayList<>();
        for (SectionHeader section : image.sections()) {
            if (section.isAllocated() && (section.flags() & SHF_EXECINSTR) != 0) {
                add(ranges, section.svma(), section.size());
            }
        }
        if (!ranges.isEmpty()) {
            return new CodeRanges(ranges);
        }
        for (ProgramHeader segment : image.programHeaders()) {
            if (segment.type() == Elf.PT_LOAD && (segment.flags() & Elf.PF_X) != 0) {
                add(ranges, segment.svma(), segment.memoryBytes());
            }
        }
        return new CodeRanges(ranges);
    }

    private static void add(List<long[]> ranges, long low, long size) {
        if (ranges.size() < MAX_RANGES && Long.compareUnsigned(low + size, low) > 0) {
            ranges.add(new long[] {low, low + size});
        }
    }

    /** The number of the range that has this address, or -1. */
    int find(long svma) {
        for (int i = 0; i < lowSvma.length; i++) {
            boolean below = Long.compareUnsigned(svma, lowSvma[i]) < 0;
            if (!below && Long.compareUnsigned(svma, highSvma[i]) < 0) {
                return i;
            }
        }
        return -1;
    }

    /** Lowest address of a range; 0, the largest, may be asked for even if there is none, and is empty then. */
    long lowSvma(int range) {
        return range < lowSvma.length ? lowSvma[range] : 0;
    }

    /** The address behind a range's last. */
    long highSvma(int range) {
        return range < highSvma.length ? highSvma[range] : 0;
    }

    /** Lowest address of all; 0 if there is no code. */
    long lowestSvma() {
        long lowest = lowSvma.length == 0 ? 0 : lowSvma[0];
        for (long low : lowSvma) {
            lowest = Long.compareUnsigned(low, lowest) < 0 ? low : lowest;
        }
        return lowest;
    }
}

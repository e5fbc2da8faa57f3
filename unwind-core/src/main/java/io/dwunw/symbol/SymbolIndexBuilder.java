// SPDX-License-Identifier: MIT
package io.dwunw.symbol;

import io.dwunw.bytes.Bytes;
import io.dwunw.elf.Elf;
import io.dwunw.elf.SymbolEntries;
import java.util.Arrays;

/**
 * Gathers the code symbols of several tables into one {@link SymbolIndex}: one pass over each table from its start to
 * its end, no object per symbol, and no sorting, since all of this runs before it is compiled.
 */
final class SymbolIndexBuilder {
    /** Symbols further than this above the lowest code are ignored: no code model but the large one reaches so far. */
    private static final long MAX_SPAN = 1L << 32;

    /** While the index is built, from arrays that may grow, and afterwards. */
    private static final int BYTES_PER_SYMBOL = 24;

    private static final int KEPT_PER_SYMBOL = 14;
    private static final String WHAT = "symbols";

    /** With room for so many symbols from the start; larger files' arrays grow. */
    private static final int MAX_INITIAL_CAPACITY = 1 << 17;

    private final SymbolTables tables;
    private final CodeRanges code;
    private final long base;
    /** The largest of the ranges of code, as distances. */
    private final long mostCodeFrom;

    private final long mostCodeTo;
    private int[] distances;
    private int[] sizes;
    private int[] references;
    private int count;
    private long highest;

    private SymbolIndexBuilder(SymbolTables tables, CodeRanges code) {
        this.tables = tables;
        this.code = code;
        this.base = code.lowestSvma();
        this.mostCodeFrom = code.lowSvma(0) - base;
        this.mostCodeTo = code.highSvma(0) - base;
        int capacity = SymbolEntries.BLOCK;
        for (int i = 0; i < tables.count(); i++) {
            capacity = Math.min(
                    MAX_INITIAL_CAPACITY,
                    capacity + Math.min(MAX_INITIAL_CAPACITY, tables.table(i).count()));
        }
        tables.account().take(BYTES_PER_SYMBOL * (long) capacity, WHAT);
        distances = new int[capacity];
        sizes = new int[capacity];
        references = new int[capacity];
    }

    static SymbolIndex build(SymbolTables tables, CodeRanges code) {
        SymbolIndexBuilder builder = new SymbolIndexBuilder(tables, code);
        for (int i = 0; i < tables.count(); i++) {
            builder.addTable(i);
        }
        return builder.build();
    }

    private void addTable(int number) {
        Bytes strings = tables.table(number).strings();
        long shift = tables.shift(number) - base;
        SymbolEntries entries = tables.table(number).entries();
        for (int n = entries.next(); n > 0 && entries.first() < SymbolTables.MAX_INDEX; n = entries.next()) {
            tables.account().watch();
            addBlock(entries, n, strings, shift, SymbolTables.reference(number, entries.first()));
        }
    }

    /**
     * One loop without calls for nearly every symbol: it runs a hundred thousand times, mostly before it is compiled.
     */
    private void addBlock(SymbolEntries entries, int n, Bytes strings, long shift, int reference) {
        makeRoom(n);
        long[] words = entries.words();
        for (int i = entries.first() == 0 ? 1 : 0; i < n; i++) {
            int at = i * SymbolEntries.WORDS;
            long first = words[at];
            int type = (int) (first >>> 32) & 0xf;
            int section = (int) (first >>> 48);
            long distance = words[at + 1] + shift;
            if ((type != Elf.STT_FUNC && type != Elf.STT_NOTYPE && type != Elf.STT_GNU_IFUNC)
                    || section == Elf.SHN_UNDEF
                    || section == Elf.SHN_ABS
                    || distance < 0
                    || distance >= MAX_SPAN
                    || (type == Elf.STT_NOTYPE && isMappingSymbol(strings, first & 0xffff_ffffL))
                    || ((distance < mostCodeFrom || distance >= mostCodeTo) && code.find(base + distance) < 0)) {
                continue;
            }
            long size = words[at + 2];
            distances[count] = (int) distance;
            sizes[count] = size < 0 || size > 0xffff_ffffL ? -1 : (int) size;
            references[count++] = reference + i;
            if (distance > highest) {
                highest = distance;
            }
        }
    }

    private void makeRoom(int symbols) {
        if (count + symbols > distances.length) {
            int capacity = distances.length * 2;
            tables.account().take(BYTES_PER_SYMBOL * (long) distances.length, WHAT);
            distances = Arrays.copyOf(distances, capacity);
            sizes = Arrays.copyOf(sizes, capacity);
            references = Arrays.copyOf(references, capacity);
        }
    }

    /** No name, or one like {@code $x}, {@code $d.3}: marks of the ARM ABIs for where data lies between code. */
    private static boolean isMappingSymbol(Bytes strings, long name) {
        if (!strings.contains(name, 1) || strings.u8(name) == 0) {
            return true;
        }
        if (strings.u8(name) != '$' || !strings.contains(name, 3)) {
            return false;
        }
        return "adtx".indexOf(strings.u8(name + 1)) >= 0 && (strings.u8(name + 2) == 0 || strings.u8(name + 2) == '.');
    }

    private SymbolIndex build() {
        SymbolIndex index = new SymbolIndex(base, highest, distances, sizes, references, count);
        tables.account().give(BYTES_PER_SYMBOL * (long) distances.length - KEPT_PER_SYMBOL * (long) count);
        return index;
    }
}

package io.dwunw.symbol;

import io.dwunw.bytes.Bytes;
import io.dwunw.elf.Elf;
import io.dwunw.elf.SymbolEntries;
import java.util.Arrays;

/**
 * Gathers the code symbols of several tables into one {@link SymbolIndex}: one pass over each table from its start to its
 * end, no object per symbol, and no sorting, since all of this runs before it is compiled.
 */
final class SymbolIndexBuilder {
    /** Symbols further than this above the lowest code are ignored: no code model but the large one reaches so far. */
    private static final long MAX_SPAN = 1L << 32;

    private final SymbolTables tables;
    private final CodeRanges code;
    private final long base;
    private int[] distances = new int[1024];
    private int[] sizes = new int[1024];
    private int[] references = new int[1024];
    private int count;
    private long highest;

    private SymbolIndexBuilder(SymbolTables tables, CodeRanges code) {
        this.tables = tables;
        this.code = code;
        this.base = code.lowestSvma();
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
            addBlock(entries, n, strings, shift, SymbolTables.reference(number, entries.first()));
        }
    }

    private void addBlock(SymbolEntries entries, int n, Bytes strings, long shift, int reference) {
        if (count + n > distances.length) {
            int capacity = distances.length * 2;
            distances = Arrays.copyOf(distances, capacity);
            sizes = Arrays.copyOf(sizes, capacity);
            references = Arrays.copyOf(references, capacity);
        }
        for (int i = entries.first() == 0 ? 1 : 0; i < n; i++) {
            long distance = entries.svma(i) + shift;
            if (isCode(entries, i, strings)
                    && distance >= 0
                    && distance < MAX_SPAN
                    && code.find(base + distance) >= 0) {
                highest = Math.max(highest, distance);
                distances[count] = (int) distance;
                sizes[count] = clamp(entries.size(i));
                references[count++] = reference + i;
            }
        }
    }

    /** The cheapest tests first: this runs for each of a hundred thousand symbols. */
    private static boolean isCode(SymbolEntries entries, int i, Bytes strings) {
        int type = entries.type(i);
        if (type != Elf.STT_FUNC && type != Elf.STT_NOTYPE && type != Elf.STT_GNU_IFUNC) {
            return false;
        }
        int section = entries.sectionIndex(i);
        boolean defined = section != Elf.SHN_UNDEF && section != Elf.SHN_ABS;
        return defined && (type != Elf.STT_NOTYPE || !isMappingSymbol(strings, entries.nameOffset(i)));
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

    private static int clamp(long size) {
        return size < 0 || size > 0xffff_ffffL ? -1 : (int) size;
    }

    private SymbolIndex build() {
        return new SymbolIndex(base, highest, distances, sizes, references, count);
    }
}

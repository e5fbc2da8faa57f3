package io.dwunw.symbol;

import io.dwunw.bytes.Bytes;
import io.dwunw.elf.Elf;
import io.dwunw.elf.ElfSymbols;
import java.util.Arrays;

/** Sorts the symbols of several tables into one {@link SymbolIndex}, without an object per symbol. */
final class SymbolIndexBuilder {
    /** Symbols further than this above the lowest code are ignored: no code model reaches so far. */
    private static final long MAX_SPAN = 1L << (63 - SymbolTables.REFERENCE_BITS);

    private final SymbolTables tables;
    private final CodeRanges code;
    private final long base;
    /** Distance of the start from {@link #base}, then the reference: sorts by address, ties by table. */
    private long[] keys = new long[1024];

    private int count;

    private SymbolIndexBuilder(SymbolTables tables, CodeRanges code) {
        this.tables = tables;
        this.code = code;
        this.base = code.lowestSvma();
    }

    static SymbolIndex build(SymbolTables tables, CodeRanges code) {
        SymbolIndexBuilder builder = new SymbolIndexBuilder(tables, code);
        for (int i = 0; i < tables.count(); i++) {
            builder.add(i, tables.table(i));
        }
        return builder.build();
    }

    private void add(int tableNumber, ElfSymbols table) {
        int symbols = Math.min(table.count(), SymbolTables.MAX_INDEX);
        for (int i = 1; i < symbols; i++) {
            if (!isCode(table, i)) {
                continue;
            }
            long svma = tables.svma(tableNumber, i);
            long distance = svma - base;
            if (distance < 0 || distance >= MAX_SPAN || code.find(svma) < 0) {
                continue;
            }
            if (count == keys.length) {
                keys = Arrays.copyOf(keys, count * 2);
            }
            keys[count++] = (distance << SymbolTables.REFERENCE_BITS) | SymbolTables.reference(tableNumber, i);
        }
    }

    /** The cheapest tests first: this runs for each of a hundred thousand symbols, mostly before it is compiled. */
    private static boolean isCode(ElfSymbols table, int index) {
        int type = table.type(index);
        if (type != Elf.STT_FUNC && type != Elf.STT_NOTYPE && type != Elf.STT_GNU_IFUNC) {
            return false;
        }
        int section = table.sectionIndex(index);
        boolean defined = section != Elf.SHN_UNDEF && section != Elf.SHN_ABS;
        return defined && (type != Elf.STT_NOTYPE || !isMappingSymbol(table, index));
    }

    /** No name, or one like {@code $x}, {@code $d.3}: marks of the ARM ABIs for where data lies between code. */
    private static boolean isMappingSymbol(ElfSymbols table, int index) {
        Bytes strings = table.strings();
        long name = table.nameOffset(index);
        if (!strings.contains(name, 1) || strings.u8(name) == 0) {
            return true;
        }
        if (strings.u8(name) != '$' || !strings.contains(name, 3)) {
            return false;
        }
        return "adtx".indexOf(strings.u8(name + 1)) >= 0 && (strings.u8(name + 2) == 0 || strings.u8(name + 2) == '.');
    }

    private SymbolIndex build() {
        Arrays.sort(keys, 0, count);
        long[] starts = new long[count];
        int[] sizes = new int[count];
        int[] firstReference = new int[count + 1];
        int[] references = new int[count];
        int kept = 0;
        for (int i = 0; i < count; kept++) {
            long distance = keys[i] >>> SymbolTables.REFERENCE_BITS;
            starts[kept] = base + distance;
            firstReference[kept] = i;
            for (; i < count && keys[i] >>> SymbolTables.REFERENCE_BITS == distance; i++) {
                references[i] = reference(keys[i]);
                int size = size(references[i]);
                sizes[kept] = Integer.compareUnsigned(size, sizes[kept]) > 0 ? size : sizes[kept];
            }
        }
        firstReference[kept] = count;
        return new SymbolIndex(
                Arrays.copyOf(starts, kept),
                Arrays.copyOf(sizes, kept),
                Arrays.copyOf(firstReference, kept + 1),
                references);
    }

    private static int reference(long key) {
        return (int) key & ((1 << SymbolTables.REFERENCE_BITS) - 1);
    }

    private int size(int reference) {
        long size = tables.tableOf(reference).size(SymbolTables.indexOf(reference));
        return size < 0 || size > 0xffff_ffffL ? -1 : (int) size;
    }
}

package io.dwunw.symbol;

import io.dwunw.bytes.MalformedDataException;
import io.dwunw.elf.ElfSymbols;
import java.util.List;

/** The symbol tables that tell about one module, best first, and references into them. */
final class SymbolTables {
    private static final int INDEX_BITS = 26;
    /** Tables beyond are ignored: symtab, dynsym, minidebuginfo, those of a debug file. */
    static final int MAX_TABLES = 8;
    /** Symbols of one table beyond are ignored. */
    static final int MAX_INDEX = 1 << INDEX_BITS;

    static final int REFERENCE_BITS = INDEX_BITS + 3;

    private final List<ElfSymbols> tables;

    SymbolTables(List<ElfSymbols> tables) {
        this.tables = List.copyOf(tables.subList(0, Math.min(tables.size(), MAX_TABLES)));
    }

    int count() {
        return tables.size();
    }

    ElfSymbols table(int number) {
        return tables.get(number);
    }

    static int reference(int table, int index) {
        return (table << INDEX_BITS) | index;
    }

    ElfSymbols tableOf(int reference) {
        return tables.get(reference >>> INDEX_BITS);
    }

    static int indexOf(int reference) {
        return reference & (MAX_INDEX - 1);
    }

    /** The name as stored, without {@code @VERSION}; "" if it lies outside its string table. */
    String name(int reference) {
        try {
            String name = tableOf(reference).name(indexOf(reference));
            int version = name.indexOf('@', 1);
            return version < 0 ? name : name.substring(0, version);
        } catch (MalformedDataException damaged) {
            return "";
        }
    }
}

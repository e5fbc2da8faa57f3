// SPDX-License-Identifier: MIT
package io.dwunw.symbol;

import io.dwunw.bytes.FileAccount;
import io.dwunw.bytes.MalformedDataException;
import io.dwunw.elf.ElfImage;
import io.dwunw.elf.ElfSymbols;
import io.dwunw.module.DebugFiles;
import io.dwunw.module.MiniDebugInfo;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The symbol tables that tell about one module, best first, and references into them. */
final class SymbolTables {
    private static final int INDEX_BITS = 26;
    private static final int MAX_TABLES = 8;
    /** Symbols of one table beyond are ignored. */
    static final int MAX_INDEX = 1 << INDEX_BITS;

    private final List<ElfSymbols> tables = new ArrayList<>();
    /** What to add to a table's addresses: prelinking moves a file, but not its debug file. */
    private final long[] shifts = new long[MAX_TABLES];

    private final FileAccount account;

    private SymbolTables(FileAccount account) {
        this.account = account;
    }

    /** What is made of the tables counts for the image's file. */
    FileAccount account() {
        return account;
    }

    /** All tables of {@code image}; only a stripped file is worth looking for its debug file. */
    static SymbolTables of(ElfImage image, Path file, DebugFiles debugFiles) {
        SymbolTables all = new SymbolTables(image.account());
        all.add(image.symtab(), 0);
        all.add(image.dynsym(), 0);
        if (image.symtab().count() == 0) {
            all.addFrom(debugFiles.find(file, image), image);
            all.addFrom(MiniDebugInfo.of(image), image);
        }
        return all;
    }

    /** What {@code image} exports. */
    static SymbolTables exports(ElfImage image) {
        SymbolTables exports = new SymbolTables(image.account());
        exports.add(image.dynsym(), 0);
        return exports;
    }

    private void addFrom(@Nullable ElfImage companion, ElfImage image) {
        if (companion != null) {
            add(companion.symtab(), DebugFiles.shift(image, companion));
        }
    }

    private void add(ElfSymbols table, long shift) {
        if (table.count() > 0 && tables.size() < MAX_TABLES) {
            shifts[tables.size()] = shift;
            tables.add(table);
        }
    }

    int count() {
        return tables.size();
    }

    ElfSymbols table(int number) {
        return tables.get(number);
    }

    /** What to add to a table's addresses to have them in the module's terms. */
    long shift(int number) {
        return shifts[number];
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
        return name(tableOf(reference), indexOf(reference));
    }

    static String name(ElfSymbols table, int index) {
        try {
            String name = table.name(index);
            int version = name.indexOf('@', 1);
            return version < 0 ? name : name.substring(0, version);
        } catch (MalformedDataException damaged) {
            return "";
        }
    }
}

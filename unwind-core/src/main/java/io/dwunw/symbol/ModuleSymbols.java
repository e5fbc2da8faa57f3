// SPDX-License-Identifier: MIT
package io.dwunw.symbol;

import io.dwunw.elf.ElfImage;
import io.dwunw.symbol.demangle.Demangler;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongFunction;

/** One module's names: its index, and the names that were asked for already. */
final class ModuleSymbols {
    private final CodeRanges code;
    private final PltStubs stubs;
    private final SymbolTables tables;
    private final SymbolPreference preference;
    private final SymbolIndex index;
    /** By the address where the symbols start. */
    private final Map<Long, Names> names = new HashMap<>();

    /** Of the heap, for an entry of the map, without the text. */
    private static final int OBJECT_BYTES = 200;

    private record Names(String name, String mangled) {}

    ModuleSymbols(ElfImage image, SymbolTables tables) {
        this.code = CodeRanges.of(image);
        this.stubs = new PltStubs(image, new FromTables());
        this.tables = tables;
        this.preference = new SymbolPreference(tables);
        this.index = SymbolIndexBuilder.build(tables, code);
    }

    Symbol symbolise(long svma) {
        Symbol symbol = fromTables(svma);
        if (symbol.exact()) {
            return symbol;
        }
        Symbol stub = stubs.symbolise(svma);
        return stub == null ? symbol : stub;
    }

    /** The symbol whose stated size has the address; unknown if there is none. */
    Symbol containing(long svma) {
        Symbol symbol = fromTables(svma);
        return symbol.exact() ? symbol : Symbol.unknown(svma);
    }

    private Symbol fromTables(long svma) {
        int range = code.find(svma);
        int entry = range < 0 ? SymbolIndex.NONE : index.find(svma);
        if (entry == SymbolIndex.NONE || Long.compareUnsigned(index.startSvma(entry), code.lowSvma(range)) < 0) {
            return Symbol.unknown(svma);
        }
        long start = index.startSvma(entry);
        Names found = names.get(start);
        if (found == null) {
            found = read(entry);
            names.put(start, found);
        }
        if (found.name.isEmpty()) {
            return Symbol.unknown(svma);
        }
        return new Symbol(found.name, found.mangled, svma - start, index.contains(entry, svma));
    }

    private final class FromTables implements LongFunction<Symbol> {
        @Override
        public Symbol apply(long svma) {
            return fromTables(svma);
        }
    }

    private Names read(int entry) {
        String mangled = tables.name(index.preferred(entry, preference));
        String name = Demangler.demangle(mangled);
        tables.account().take(OBJECT_BYTES + (long) mangled.length() + name.length(), "names of functions");
        return new Names(name, mangled);
    }
}

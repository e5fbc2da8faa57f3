// SPDX-License-Identifier: MIT
package io.dwunw.symbol;

import io.dwunw.elf.Elf;
import io.dwunw.elf.ElfSymbols;

/**
 * Order that decides which of several symbols at one address gives the name. In this order:
 *
 * <ol>
 *   <li>functions before untyped labels, labels with a size before those without;
 *   <li>global or weak before local: {@code read} before {@code __GI___read}. Weak is no worse than global, since libc
 *       makes its public names weak and its internal ones global ({@code write}, {@code __write});
 *   <li>fewer leading underscores: {@code malloc} before {@code __libc_malloc};
 *   <li>global before weak;
 *   <li>the shorter name, then the alphabetically first: the result never depends on a table's order.
 * </ol>
 */
final class SymbolPreference {
    private final SymbolTables tables;

    SymbolPreference(SymbolTables tables) {
        this.tables = tables;
    }

    /** The better of two symbols that start at the same address. */
    int better(int one, int other) {
        int order = Integer.compare(rank(one), rank(other));
        if (order == 0) {
            order = compareNames(one, other);
        }
        return order <= 0 ? one : other;
    }

    private int compareNames(int one, int other) {
        String name = tables.name(one);
        String otherName = tables.name(other);
        if (name.isEmpty() || otherName.isEmpty()) {
            return Boolean.compare(name.isEmpty(), otherName.isEmpty());
        }
        int order = Integer.compare(leadingUnderscores(name), leadingUnderscores(otherName));
        if (order == 0) {
            order = Boolean.compare(isWeak(one), isWeak(other));
        }
        if (order == 0) {
            order = Integer.compare(name.length(), otherName.length());
        }
        return order == 0 ? name.compareTo(otherName) : order;
    }

    private int rank(int reference) {
        ElfSymbols table = tables.tableOf(reference);
        int index = SymbolTables.indexOf(reference);
        int rank = table.type(index) == Elf.STT_NOTYPE ? 4 : 0;
        rank += table.size(index) == 0 ? 2 : 0;
        return rank + (table.binding(index) == Elf.STB_LOCAL ? 1 : 0);
    }

    private boolean isWeak(int reference) {
        return tables.tableOf(reference).binding(SymbolTables.indexOf(reference)) == Elf.STB_WEAK;
    }

    private static int leadingUnderscores(String name) {
        int count = 0;
        while (count < name.length() && name.charAt(count) == '_') {
            count++;
        }
        return count;
    }
}

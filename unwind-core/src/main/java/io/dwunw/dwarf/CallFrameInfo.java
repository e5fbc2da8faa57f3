// SPDX-License-Identifier: MIT
package io.dwunw.dwarf;

import io.dwunw.bytes.MalformedDataException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All CFI of one file, searchable by address: {@code .eh_frame} by its header if that is sound, else by an index made
 * at the first need, then {@code .debug_frame}. Whether the header's table is in order is looked at when it leads to no
 * entry that covers the address: libjvm's has 40,000 rows. Not thread-safe.
 */
public final class CallFrameInfo {
    /** FDEs that may start at one address: an empty one beside the real one happens, more does not. */
    private static final int MAX_NEIGHBOURS = 4;

    private final List<CfiSection> sections;
    private @Nullable EhFrameHdr header;
    private boolean inOrder;
    private final @Nullable FdeIndex[] indexes;

    /**
     * CFI in these sections, searched in this order.
     *
     * @param header the search table of the first section, or null if there is none or it is broken
     */
    public CallFrameInfo(List<CfiSection> sections, @Nullable EhFrameHdr header) {
        this.sections = List.copyOf(sections);
        this.header = header != null && header.count() > 0 ? header : null;
        this.indexes = new FdeIndex[sections.size()];
    }

    public List<CfiSection> sections() {
        return sections;
    }

    /**
     * The FDE that covers an address.
     *
     * @return null if no CFI does
     * @throws MalformedDataException if the search table leads to a damaged entry and no other covers the address
     */
    public @Nullable Fde find(long svma) {
        for (int i = 0; i < sections.size(); i++) {
            EhFrameHdr table = i == 0 ? header : null;
            Fde found = table == null ? findByIndex(i, svma) : findByHeader(table, sections.get(0), svma);
            if (found != null) {
                return found;
            }
        }
        return null;
    }

    private @Nullable Fde findByHeader(EhFrameHdr table, CfiSection section, long svma) {
        boolean empty = false;
        try {
            int at = table.lastNotAfter(svma);
            for (int i = at; i >= 0 && i > at - MAX_NEIGHBOURS; i--) {
                Fde fde = section.fde(table.fdeSvma(i) - section.svma());
                if (fde.startSvma() != table.startSvma(i)) {
                    return findByIndex(0, svma);
                }
                if (fde.covers(svma)) {
                    return fde;
                }
                empty |= fde.bytes() == 0;
            }
        } catch (MalformedDataException tableLies) {
            return findByIndex(0, svma);
        }
        // Of FDEs with one start, lld keeps only one in the table: an empty one may stand for the real one.
        return empty || !isInOrder(table) ? findByIndex(0, svma) : null;
    }

    /** A table that is not in order is not asked again. */
    private boolean isInOrder(EhFrameHdr table) {
        if (!inOrder) {
            inOrder = table.isSearchable();
            header = inOrder ? table : null;
        }
        return inOrder;
    }

    private @Nullable Fde findByIndex(int section, long svma) {
        FdeIndex index = indexes[section];
        if (index == null) {
            index = FdeIndex.scan(sections.get(section));
            indexes[section] = index;
        }
        int at = index.lastNotAfter(svma);
        for (int i = at; i >= 0 && i > at - MAX_NEIGHBOURS; i--) {
            Fde fde = sections.get(section).fde(index.offset(i));
            if (fde.covers(svma)) {
                return fde;
            }
        }
        return null;
    }
}

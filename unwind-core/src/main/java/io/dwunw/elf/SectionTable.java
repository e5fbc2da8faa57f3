// SPDX-License-Identifier: MIT
package io.dwunw.elf;

import io.dwunw.bytes.Bytes;
import io.dwunw.bytes.MalformedDataException;
import java.util.ArrayList;
import java.util.List;

/** Reads all section headers and resolves their names. */
final class SectionTable {
    /** Counted at once, before they are read. */
    private static final int HEADERS_COUNTED = 64;
    /** Of the heap, for one with its name, as long as the table is being read. */
    private static final int HEADER_BYTES = 250;

    private SectionTable() {}

    /** As many headers as the file really holds; none when the table is absent or lies outside the file. */
    static List<SectionHeader> read(ElfHeader header, Bytes file) {
        int word = header.wordBytes();
        if (header.sectionHeadersOffset() == 0 || header.sectionHeaderBytes() < SectionHeader.bytes(word)) {
            return List.of();
        }
        List<SectionHeader> unnamed = new ArrayList<>();
        for (int i = 0; i < header.sectionCount(); i++) {
            long at = header.sectionHeadersOffset() + (long) i * header.sectionHeaderBytes();
            if (!file.contains(at, SectionHeader.bytes(word))) {
                break;
            }
            if (i % HEADERS_COUNTED == 0) {
                file.account().watch();
                file.account().take(HEADERS_COUNTED * (long) HEADER_BYTES, "section table");
            }
            unnamed.add(SectionHeader.parse(file, at, word, i));
        }
        Bytes names = names(header, file, unnamed);
        List<SectionHeader> named = new ArrayList<>(unnamed.size());
        for (SectionHeader section : unnamed) {
            named.add(section.named(name(names, section.nameOffset())));
        }
        return List.copyOf(named);
    }

    private static Bytes names(ElfHeader header, Bytes file, List<SectionHeader> sections) {
        int index = header.sectionNamesIndex();
        if (index <= 0 || index >= sections.size()) {
            return Bytes.empty();
        }
        SectionHeader names = sections.get(index);
        boolean usable = names.hasContent() && file.contains(names.offset(), names.size());
        return usable ? file.slice(names.offset(), names.size()) : Bytes.empty();
    }

    private static String name(Bytes names, int offset) {
        if (!names.contains(offset, 1)) {
            return "";
        }
        try {
            return names.cString(offset, ElfLimits.MAX_SECTION_NAME_BYTES);
        } catch (MalformedDataException endless) {
            return "";
        }
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.module;

import java.util.ArrayList;
import java.util.List;

/**
 * Puts the mappings of one ELF file together. A dynamic linker maps the segments of a file one after the other, with
 * rising file offsets; a mapping of the same file that starts over is another module.
 */
final class ModuleGrouping {
    private ModuleGrouping() {}

    static List<List<Mapping>> group(List<Mapping> mappings) {
        List<List<Mapping>> groups = new ArrayList<>();
        List<Mapping> current = new ArrayList<>();
        for (Mapping mapping : mappings) {
            if (!mapping.hasFile() && !mapping.isVdso()) {
                continue;
            }
            if (!current.isEmpty() && !continues(current.get(current.size() - 1), mapping)) {
                finish(current, groups);
                current = new ArrayList<>();
            }
            current.add(mapping);
        }
        finish(current, groups);
        return groups;
    }

    /** Small segments share a page of the file: the offset then stays the same, but code is not mapped as data is. */
    private static boolean continues(Mapping before, Mapping next) {
        int order = Long.compareUnsigned(next.fileOffset(), before.fileOffset());
        return before.isSameFile(next) && (order > 0 || (order == 0 && next.executable() != before.executable()));
    }

    /** Files without executable memory (archives, locale data, logs) cannot be on a stack. */
    private static void finish(List<Mapping> group, List<List<Mapping>> groups) {
        for (Mapping mapping : group) {
            if (mapping.executable()) {
                groups.add(group);
                return;
            }
        }
    }
}

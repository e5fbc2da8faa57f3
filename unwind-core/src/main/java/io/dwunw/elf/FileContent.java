// SPDX-License-Identifier: MIT
package io.dwunw.elf;

import io.dwunw.bytes.Bytes;

/** All bytes of a file. */
record FileContent(Bytes head) implements ElfContent {
    @Override
    public Bytes segment(ProgramHeader segment) {
        if (!head.contains(segment.offset(), 0)) {
            return Bytes.empty();
        }
        long rest = head.size() - segment.offset();
        long size = segment.fileBytes() < 0 ? rest : Math.min(rest, segment.fileBytes());
        return head.slice(segment.offset(), size);
    }

    @Override
    public boolean hasSections() {
        return true;
    }
}

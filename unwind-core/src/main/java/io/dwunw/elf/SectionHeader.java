// SPDX-License-Identifier: MIT
package io.dwunw.elf;

import io.dwunw.bytes.Bytes;

/**
 * A section (gABI, figure 4-8). The name is resolved already; "" when the string table is unusable.
 *
 * <pre>
 * ELF32: sh_name 0, sh_type 4, sh_flags 8, sh_addr 12, sh_offset 16, sh_size 20, sh_link 24,
 *        sh_info 28, align 32, entsize 36
 * ELF64: sh_name 0, sh_type 4, sh_flags 8, sh_addr 16, sh_offset 24, sh_size 32, sh_link 40,
 *        sh_info 44, align 48, entsize 56
 * </pre>
 */
public record SectionHeader(
        int index,
        String name,
        int nameOffset,
        int type,
        long flags,
        long svma,
        long offset,
        long size,
        int link,
        int info,
        long entryBytes) {
    static int bytes(int wordBytes) {
        return wordBytes == 4 ? 40 : 64;
    }

    static SectionHeader parse(Bytes file, long at, int wordBytes, int index) {
        long w = wordBytes;
        return new SectionHeader(
                index,
                "",
                file.s32(at),
                file.s32(at + 4),
                file.word(at + 8, wordBytes),
                file.word(at + 8 + w, wordBytes),
                file.word(at + 8 + 2 * w, wordBytes),
                file.word(at + 8 + 3 * w, wordBytes),
                file.s32(at + 8 + 4 * w),
                file.s32(at + 12 + 4 * w),
                file.word(at + 16 + 5 * w, wordBytes));
    }

    SectionHeader named(String resolved) {
        return new SectionHeader(index, resolved, nameOffset, type, flags, svma, offset, size, link, info, entryBytes);
    }

    public boolean isCompressed() {
        return (flags & Elf.SHF_COMPRESSED) != 0;
    }

    public boolean isAllocated() {
        return (flags & Elf.SHF_ALLOC) != 0;
    }

    /** Whether the file holds bytes for it; a stripped debug file keeps headers without them. */
    public boolean hasContent() {
        return type != Elf.SHT_NOBITS && size != 0;
    }
}

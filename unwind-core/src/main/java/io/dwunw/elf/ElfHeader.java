// SPDX-License-Identifier: MIT
package io.dwunw.elf;

import io.dwunw.bytes.Bytes;
import io.dwunw.bytes.MalformedDataException;
import java.nio.ByteOrder;

/**
 * The ELF header (gABI, figure 4-3), with the three numbers that extended numbering moves into section 0 already put
 * right.
 *
 * <pre>
 *            ELF32  ELF64                    ELF32  ELF64
 * e_ident        0      0     e_flags           36     48
 * e_type        16     16     e_ehsize          40     52
 * e_machine     18     18     e_phentsize       42     54
 * e_version     20     20     e_phnum           44     56
 * e_entry       24     24     e_shentsize       46     58
 * e_phoff       28     32     e_shnum           48     60
 * e_shoff       32     40     e_shstrndx        50     62
 * </pre>
 *
 * @param wordBytes 4 for ELFCLASS32, 8 for ELFCLASS64
 */
public record ElfHeader(
        int wordBytes,
        ByteOrder order,
        int type,
        int machine,
        long entrySvma,
        int flags,
        long programHeadersOffset,
        int programHeaderBytes,
        int programHeaderCount,
        long sectionHeadersOffset,
        int sectionHeaderBytes,
        int sectionCount,
        int sectionNamesIndex) {

    private static final int MAGIC_BIG_ENDIAN = 0x7f454c46;
    private static final int EI_CLASS = 4;
    private static final int EI_DATA = 5;

    /** Whether these bytes begin as an ELF file does. */
    static boolean isElf(Bytes file) {
        return file.size() >= 16 && file.order(ByteOrder.BIG_ENDIAN).s32(0) == MAGIC_BIG_ENDIAN;
    }

    static ElfHeader parse(Bytes file) {
        if (!isElf(file)) {
            throw new MalformedDataException("not an ELF file", 0);
        }
        int wordBytes = switch (file.u8(EI_CLASS)) {
            case Elf.ELFCLASS32 -> 4;
            case Elf.ELFCLASS64 -> 8;
            default -> throw new MalformedDataException("unknown ELF class", file.u8(EI_CLASS));
        };
        ByteOrder order = switch (file.u8(EI_DATA)) {
            case Elf.ELFDATA2LSB -> ByteOrder.LITTLE_ENDIAN;
            case Elf.ELFDATA2MSB -> ByteOrder.BIG_ENDIAN;
            default -> throw new MalformedDataException("unknown ELF byte order", file.u8(EI_DATA));
        };
        return parse(file.order(order), wordBytes);
    }

    private static ElfHeader parse(Bytes file, int wordBytes) {
        int tail = 24 + 3 * wordBytes; // e_flags
        long sectionHeadersOffset = file.word(24 + 2L * wordBytes, wordBytes);
        int sectionHeaderBytes = file.u16(tail + 10);
        long programHeaderCount = file.u16(tail + 8);
        long sectionCount = file.u16(tail + 12);
        long sectionNamesIndex = file.u16(tail + 14);
        boolean extended = programHeaderCount == Elf.PN_XNUM
                || sectionNamesIndex == Elf.SHN_XINDEX
                || (sectionCount == 0 && sectionHeadersOffset != 0);
        int sizeField = 8 + 3 * wordBytes; // sh_size of section 0, then sh_link, sh_info
        if (extended
                && sectionHeaderBytes >= SectionHeader.bytes(wordBytes)
                && file.contains(sectionHeadersOffset, sectionHeaderBytes)) {
            long first = sectionHeadersOffset + sizeField;
            sectionCount = sectionCount == 0 ? file.word(first, wordBytes) : sectionCount;
            sectionNamesIndex = sectionNamesIndex == Elf.SHN_XINDEX ? file.u32(first + wordBytes) : sectionNamesIndex;
            programHeaderCount =
                    programHeaderCount == Elf.PN_XNUM ? file.u32(first + wordBytes + 4) : programHeaderCount;
        }
        return new ElfHeader(
                wordBytes,
                file.order(),
                file.u16(16),
                file.u16(18),
                file.word(24, wordBytes),
                file.s32(tail),
                file.word(24 + wordBytes, wordBytes),
                file.u16(tail + 6),
                capped(programHeaderCount, ElfLimits.MAX_PROGRAM_HEADERS, "too many program headers"),
                sectionHeadersOffset,
                sectionHeaderBytes,
                capped(sectionCount, ElfLimits.MAX_SECTIONS, "too many sections"),
                (int) Math.min(sectionNamesIndex, ElfLimits.MAX_SECTIONS));
    }

    private static int capped(long count, int cap, String reason) {
        if (count < 0 || count > cap) {
            throw new MalformedDataException(reason, count);
        }
        return (int) count;
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.elf;

import io.dwunw.bytes.Bytes;
import io.dwunw.bytes.MalformedDataException;
import org.jspecify.annotations.Nullable;

/** Finds the dynamic symbols the way the dynamic linker does, through PT_DYNAMIC: no section header is needed. */
final class DynamicSymbols {
    private final ElfImage image;
    private final int word;
    private long symbolsSvma;
    private long stringsSvma;
    private long stringsBytes;
    private long hashSvma;
    private long gnuHashSvma;

    private DynamicSymbols(ElfImage image) {
        this.image = image;
        this.word = image.header().wordBytes();
    }

    static ElfSymbols find(ElfImage image) {
        try {
            return new DynamicSymbols(image).find();
        } catch (MalformedDataException damaged) {
            return ElfSymbols.none();
        }
    }

    private ElfSymbols find() {
        for (ProgramHeader segment : image.programHeaders()) {
            if (segment.type() == Elf.PT_DYNAMIC) {
                readTags(image.atSvma(segment.svma()));
            }
        }
        Bytes strings = image.atSvma(stringsSvma);
        Bytes table = image.atSvma(symbolsSvma);
        if (symbolsSvma == 0 || stringsSvma == 0 || strings == null || table == null) {
            return ElfSymbols.none();
        }
        long size = Math.min(count() * ElfSymbols.entryBytes(word), table.size());
        long stringSize = stringsBytes == 0 ? strings.size() : Math.min(stringsBytes, strings.size());
        return new ElfSymbols(table.slice(0, size), strings.slice(0, stringSize), word);
    }

    private void readTags(@Nullable Bytes dynamic) {
        if (dynamic == null) {
            return;
        }
        for (int i = 0; i < ElfLimits.MAX_DYNAMIC_ENTRIES && dynamic.contains(2L * i * word, 2L * word); i++) {
            long tag = dynamic.word(2L * i * word, word);
            long value = dynamic.word((2L * i + 1) * word, word);
            if (tag == Elf.DT_NULL) {
                return;
            } else if (tag == Elf.DT_SYMTAB) {
                symbolsSvma = image.unrelocated(value);
            } else if (tag == Elf.DT_STRTAB) {
                stringsSvma = image.unrelocated(value);
            } else if (tag == Elf.DT_STRSZ) {
                stringsBytes = Math.max(0, value);
            } else if (tag == Elf.DT_HASH) {
                hashSvma = image.unrelocated(value);
            } else if (tag == Elf.DT_GNU_HASH) {
                gnuHashSvma = image.unrelocated(value);
            }
        }
    }

    /** The dynamic section does not say how many symbols there are; the hash tables do. */
    private long count() {
        Bytes hash = hashSvma == 0 ? null : image.atSvma(hashSvma);
        if (hash != null) {
            return Math.min(hash.u32(4), ElfLimits.MAX_SYMBOLS); // nchain
        }
        Bytes gnuHash = gnuHashSvma == 0 ? null : image.atSvma(gnuHashSvma);
        return gnuHash == null ? 0 : Math.min(countInGnuHash(gnuHash), ElfLimits.MAX_SYMBOLS);
    }

    /** Highest symbol in any bucket, then to the end of its chain, which the lowest bit of a hash marks. */
    private long countInGnuHash(Bytes table) {
        long buckets = table.u32(0);
        long firstSymbol = table.u32(4);
        long bloomWords = table.u32(8);
        long bucketsAt = 16 + bloomWords * word;
        long chainsAt = bucketsAt + buckets * 4;
        long highest = 0;
        for (long i = 0; i < buckets; i++) {
            highest = Math.max(highest, table.u32(bucketsAt + i * 4));
        }
        if (highest < firstSymbol) {
            return firstSymbol;
        }
        while ((table.s32(chainsAt + (highest - firstSymbol) * 4) & 1) == 0) {
            highest++;
        }
        return highest + 1;
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

import java.nio.charset.StandardCharsets;

/**
 * The exported symbols of an ELF file that is loaded into this process, found as the dynamic linker finds them: through
 * {@code PT_DYNAMIC} and the GNU hash table in memory. Works when the file itself has been deleted or replaced.
 *
 * <p>System V gABI, chapter 5 (program header, dynamic section); the layout of {@code DT_GNU_HASH} is that of binutils.
 */
final class ExportedSymbols {
    private static final int ELF_MAGIC = 0x464c457f;
    private static final int E_PHOFF = 32;
    private static final int E_PHENTSIZE = 54;
    private static final int E_PHNUM = 56;
    private static final int P_OFFSET = 8;
    private static final int P_VADDR = 16;
    private static final int P_MEMSZ = 40;
    private static final int PT_LOAD = 1;
    private static final int PT_DYNAMIC = 2;
    private static final int DYN_BYTES = 16;
    private static final long DT_STRTAB = 5;
    private static final long DT_SYMTAB = 6;
    private static final long DT_GNU_HASH = 0x6ffffef5L;
    private static final int SYM_BYTES = 24;
    private static final int ST_SHNDX = 6;
    private static final int ST_VALUE = 8;
    private static final int MAX_PROGRAM_HEADERS = 64;
    private static final int MAX_DYNAMIC_ENTRIES = 256;
    private static final int MAX_CHAIN = 4096;

    private final MetadataReader memory;
    private final long loadBias;
    private final long symbols;
    private final long strings;
    private final long hash;

    private ExportedSymbols(MetadataReader memory, long loadBias, long symbols, long strings, long hash) {
        this.memory = memory;
        this.loadBias = loadBias;
        this.symbols = symbols;
        this.strings = strings;
        this.hash = hash;
    }

    /**
     * @param headerAvma where the file's first byte is mapped
     * @throws JavaFramesUnavailableException if there is no ELF file with a GNU hash table
     */
    static ExportedSymbols at(long headerAvma, MetadataReader memory) throws JavaFramesUnavailableException {
        memory.begin();
        if (memory.s4(headerAvma) != ELF_MAGIC) {
            throw new JavaFramesUnavailableException("libjvm.so is not mapped as an ELF file");
        }
        long headers = headerAvma + memory.word(headerAvma + E_PHOFF);
        int size = memory.u2(headerAvma + E_PHENTSIZE);
        int count = Math.min(memory.u2(headerAvma + E_PHNUM), MAX_PROGRAM_HEADERS);
        long bias = 0;
        boolean biasKnown = false;
        long dynamic = 0;
        long dynamicBytes = 0;
        for (int i = 0; i < count; i++) {
            long header = headers + (long) i * size;
            int type = memory.s4(header);
            if (type == PT_LOAD && !biasKnown) {
                bias = headerAvma - (memory.word(header + P_VADDR) - memory.word(header + P_OFFSET));
                biasKnown = true;
            } else if (type == PT_DYNAMIC) {
                dynamic = memory.word(header + P_VADDR);
                dynamicBytes = memory.word(header + P_MEMSZ);
            }
        }
        return fromDynamicSection(memory, bias, bias + dynamic, dynamicBytes);
    }

    private static ExportedSymbols fromDynamicSection(MetadataReader memory, long bias, long dynamic, long bytes)
            throws JavaFramesUnavailableException {
        long symbols = 0;
        long strings = 0;
        long hash = 0;
        int entries = (int) Math.max(0, Math.min(bytes / DYN_BYTES, MAX_DYNAMIC_ENTRIES));
        for (int i = 0; i < entries; i++) {
            long tag = memory.word(dynamic + (long) i * DYN_BYTES);
            // glibc has relocated these pointers in place by the time that anyone can look; other linkers leave them.
            long value = memory.word(dynamic + (long) i * DYN_BYTES + Long.BYTES);
            long pointer = Long.compareUnsigned(value, bias) < 0 ? value + bias : value;
            if (tag == DT_SYMTAB) {
                symbols = pointer;
            } else if (tag == DT_STRTAB) {
                strings = pointer;
            } else if (tag == DT_GNU_HASH) {
                hash = pointer;
            }
        }
        if (symbols == 0 || strings == 0 || hash == 0 || memory.faulted()) {
            throw new JavaFramesUnavailableException("libjvm.so has no readable dynamic symbol table");
        }
        return new ExportedSymbols(memory, bias, symbols, strings, hash);
    }

    /** Address (AVMA) of the exported symbol, or 0. */
    long find(String name) {
        byte[] wanted = name.getBytes(StandardCharsets.US_ASCII);
        int nameHash = gnuHash(wanted);
        int buckets = memory.s4(hash);
        int symbolBase = memory.s4(hash + 4);
        int bloomWords = memory.s4(hash + 8);
        if (buckets <= 0 || bloomWords < 0) {
            return 0;
        }
        long bucketTable = hash + 16 + (long) bloomWords * Long.BYTES;
        long chainTable = bucketTable + (long) buckets * Integer.BYTES;
        int index = memory.s4(bucketTable + (long) Integer.remainderUnsigned(nameHash, buckets) * Integer.BYTES);
        for (int steps = 0; index >= symbolBase && index != 0 && steps < MAX_CHAIN; steps++, index++) {
            int entryHash = memory.s4(chainTable + (long) (index - symbolBase) * Integer.BYTES);
            if ((entryHash | 1) == (nameHash | 1) && isNamed(index, wanted)) {
                return defined(index);
            }
            if ((entryHash & 1) != 0) {
                return 0;
            }
        }
        return 0;
    }

    private long defined(int index) {
        long symbol = symbols + (long) index * SYM_BYTES;
        return memory.u2(symbol + ST_SHNDX) == 0 ? 0 : loadBias + memory.word(symbol + ST_VALUE);
    }

    private boolean isNamed(int index, byte[] wanted) {
        long name = strings + (memory.s4(symbols + (long) index * SYM_BYTES) & 0xffff_ffffL);
        for (int i = 0; i < wanted.length; i++) {
            if (memory.u1(name + i) != (wanted[i] & 0xff)) {
                return false;
            }
        }
        return memory.u1(name + wanted.length) == 0;
    }

    private static int gnuHash(byte[] name) {
        int h = 5381;
        for (byte b : name) {
            h = h * 33 + (b & 0xff);
        }
        return h;
    }
}

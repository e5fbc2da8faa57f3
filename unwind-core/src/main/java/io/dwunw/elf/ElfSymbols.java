// SPDX-License-Identifier: MIT
package io.dwunw.elf;

import io.dwunw.bytes.Bytes;

/**
 * A symbol table (gABI, figure 4-16), read in place: no object per symbol. Indices run from 0 to {@link #count}
 * exclusive; index 0 is the reserved null symbol.
 *
 * <pre>
 * ELF32: st_name 0, st_value 4, st_size 8, st_info 12, st_other 13, st_shndx 14
 * ELF64: st_name 0, st_info 4, st_other 5, st_shndx 6, st_value 8, st_size 16
 * </pre>
 */
public final class ElfSymbols {
    private static final ElfSymbols NONE = new ElfSymbols(Bytes.empty(), Bytes.empty(), 8);

    private final Bytes table;
    private final Bytes strings;
    private final boolean narrow;
    private final int entryBytes;
    private final int count;

    ElfSymbols(Bytes table, Bytes strings, int wordBytes) {
        this.table = table;
        this.strings = strings;
        this.narrow = wordBytes == 4;
        this.entryBytes = entryBytes(wordBytes);
        this.count = (int) Math.min(table.size() / entryBytes, ElfLimits.MAX_SYMBOLS);
    }

    static int entryBytes(int wordBytes) {
        return wordBytes == 4 ? 16 : 24;
    }

    /** A table without symbols. */
    static ElfSymbols none() {
        return NONE;
    }

    public int count() {
        return count;
    }

    /** Address (in dynamic and executable files), section offset (in relocatable ones), or size (common symbols). */
    public long svma(int index) {
        return narrow ? table.u32(at(index) + 4) : table.u64(at(index) + 8);
    }

    /** Size in bytes; 0 when unknown, as assembly often leaves it. */
    public long size(int index) {
        return narrow ? table.u32(at(index) + 8) : table.u64(at(index) + 16);
    }

    /** One of the {@code STT_*} constants. */
    public int type(int index) {
        return info(index) & 0xf;
    }

    /** One of the {@code STB_*} constants. */
    public int binding(int index) {
        return info(index) >>> 4;
    }

    /** Visibility and processor-specific bits, {@code st_other}. */
    public int other(int index) {
        return table.u8(at(index) + (narrow ? 13 : 5));
    }

    /** {@code st_shndx} as stored: {@link Elf#SHN_XINDEX} is not resolved, since only "defined" matters for names. */
    public int sectionIndex(int index) {
        return table.u16(at(index) + (narrow ? 14 : 6));
    }

    public boolean isDefined(int index) {
        return sectionIndex(index) != Elf.SHN_UNDEF;
    }

    /** Functions, IFUNCs and untyped (assembly) symbols that are defined: what a code address can be named after. */
    public boolean isCode(int index) {
        int type = type(index);
        return isDefined(index)
                && sectionIndex(index) != Elf.SHN_ABS
                && (type == Elf.STT_FUNC || type == Elf.STT_GNU_IFUNC || type == Elf.STT_NOTYPE);
    }

    /** Offset of the name in {@link #strings}. */
    public long nameOffset(int index) {
        return table.u32(at(index));
    }

    /**
     * The name as stored, mangled; allocates.
     *
     * @throws io.dwunw.bytes.MalformedDataException if it lies outside the string table, or is longer
     *     than {@link ElfLimits#MAX_SYMBOL_NAME_BYTES}
     */
    public String name(int index) {
        return strings.cString(nameOffset(index), ElfLimits.MAX_SYMBOL_NAME_BYTES);
    }

    /** The string table that {@link #nameOffset} points into. */
    public Bytes strings() {
        return strings;
    }

    /** All entries, for one pass over them. */
    public SymbolEntries entries() {
        return new SymbolEntries(this, table, narrow);
    }

    /** {@code st_info}: binding and type. */
    int info(int index) {
        return table.u8(at(index) + (narrow ? 12 : 4));
    }

    private long at(int index) {
        return (long) index * entryBytes;
    }
}

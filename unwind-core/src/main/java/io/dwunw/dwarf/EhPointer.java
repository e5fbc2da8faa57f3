// SPDX-License-Identifier: MIT
package io.dwunw.dwarf;

import io.dwunw.bytes.ByteCursor;
import io.dwunw.bytes.MalformedDataException;

/** Pointers in the {@code DW_EH_PE_*} encodings (LSB 5.0 Core, §10.5.1). */
final class EhPointer {
    static final int DW_EH_PE_ABSPTR = 0x00;
    static final int DW_EH_PE_ULEB128 = 0x01;
    static final int DW_EH_PE_UDATA2 = 0x02;
    static final int DW_EH_PE_UDATA4 = 0x03;
    static final int DW_EH_PE_UDATA8 = 0x04;
    static final int DW_EH_PE_SIGNED = 0x08;
    static final int DW_EH_PE_SLEB128 = 0x09;
    static final int DW_EH_PE_SDATA2 = 0x0a;
    static final int DW_EH_PE_SDATA4 = 0x0b;
    static final int DW_EH_PE_SDATA8 = 0x0c;

    static final int DW_EH_PE_PCREL = 0x10;
    static final int DW_EH_PE_TEXTREL = 0x20;
    static final int DW_EH_PE_DATAREL = 0x30;
    static final int DW_EH_PE_FUNCREL = 0x40;
    static final int DW_EH_PE_ALIGNED = 0x50;
    static final int DW_EH_PE_INDIRECT = 0x80;
    static final int DW_EH_PE_OMIT = 0xff;

    private static final int FORMAT = 0x0f;
    private static final int APPLICATION = 0x70;

    private EhPointer() {}

    /**
     * Reads a pointer.
     *
     * @param sectionSvma address of the cursor's offset 0, for pc-relative pointers
     * @param dataSvma base of data-relative pointers
     * @param textSvma base of text-relative pointers
     */
    static long read(ByteCursor at, int encoding, int wordBytes, long sectionSvma, long dataSvma, long textSvma) {
        if ((encoding & DW_EH_PE_INDIRECT) != 0) {
            // What it points to is filled in at load time; no FDE needs it.
            throw new MalformedDataException("indirect pointer in CFI", at.position());
        }
        long here = sectionSvma + at.position();
        long base = switch (encoding & APPLICATION) {
            case 0 -> 0;
            case DW_EH_PE_PCREL -> here;
            case DW_EH_PE_TEXTREL -> textSvma;
            case DW_EH_PE_DATAREL -> dataSvma;
            default -> throw new MalformedDataException("unsupported pointer encoding", encoding);
        };
        long pointer = base + value(at, encoding, wordBytes);
        return wordBytes == 4 ? pointer & 0xffff_ffffL : pointer;
    }

    /** Reads the bare number, as in an FDE's range, which has the pointer's format but no base. */
    static long value(ByteCursor at, int encoding, int wordBytes) {
        return switch (encoding & FORMAT) {
            case DW_EH_PE_ABSPTR -> at.word(wordBytes);
            case DW_EH_PE_SIGNED -> wordBytes == 4 ? at.s32() : at.u64();
            case DW_EH_PE_ULEB128 -> at.uleb128();
            case DW_EH_PE_UDATA2 -> at.u16();
            case DW_EH_PE_UDATA4 -> at.u32();
            case DW_EH_PE_UDATA8, DW_EH_PE_SDATA8 -> at.u64();
            case DW_EH_PE_SLEB128 -> at.sleb128();
            case DW_EH_PE_SDATA2 -> at.s16();
            case DW_EH_PE_SDATA4 -> at.s32();
            default -> throw new MalformedDataException("unknown pointer format", encoding);
        };
    }

    /** An unsigned extent written in a pointer's format. */
    static long range(ByteCursor at, int encoding, int wordBytes) {
        return switch (encoding & FORMAT) {
            case DW_EH_PE_SDATA2 -> at.u16();
            case DW_EH_PE_SDATA4 -> at.u32();
            case DW_EH_PE_SIGNED -> at.word(wordBytes);
            default -> value(at, encoding, wordBytes);
        };
    }

    /** Bytes that a pointer of this encoding takes, or 0 if that varies. */
    static int fixedBytes(int encoding, int wordBytes) {
        return switch (encoding & FORMAT) {
            case DW_EH_PE_ABSPTR, DW_EH_PE_SIGNED -> wordBytes;
            case DW_EH_PE_UDATA2, DW_EH_PE_SDATA2 -> 2;
            case DW_EH_PE_UDATA4, DW_EH_PE_SDATA4 -> 4;
            case DW_EH_PE_UDATA8, DW_EH_PE_SDATA8 -> 8;
            default -> 0;
        };
    }
}

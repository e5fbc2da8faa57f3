// SPDX-License-Identifier: MIT
package io.dwunw.dwarf;

import io.dwunw.bytes.ByteCursor;
import io.dwunw.bytes.MalformedDataException;

/** Reads a CIE behind its id (DWARF 5 §6.4.1; LSB 5.0 Core §10.6.1.1.1 for augmentations). */
final class CieParser {
    private static final int VERSION_GCC = 1;
    private static final int VERSION_DWARF_3 = 3;
    private static final int VERSION_DWARF_4 = 4;

    private final ByteCursor at;
    private final CfiSection section;
    private int pointerEncoding = EhPointer.DW_EH_PE_ABSPTR;
    private boolean signalFrame;
    private boolean bKey;

    private CieParser(ByteCursor at, CfiSection section) {
        this.at = at;
        this.section = section;
    }

    static Cie parse(ByteCursor body, long offset, CfiSection section) {
        return new CieParser(body, section).parse(offset);
    }

    private Cie parse(long offset) {
        int version = at.u8();
        if (version != VERSION_GCC && version != VERSION_DWARF_3 && version != VERSION_DWARF_4) {
            throw new MalformedDataException("unknown CIE version", version);
        }
        String augmentation = string();
        int addressBytes = section.wordBytes();
        if (augmentation.startsWith("eh")) {
            at.skip(addressBytes); // GCC 2's exception table pointer
        }
        if (version == VERSION_DWARF_4) {
            addressBytes = addressBytes(at.u8());
            if (at.u8() != 0) {
                throw new MalformedDataException("segmented addresses in CFI", offset);
            }
        }
        long codeAlign = at.uleb128();
        long dataAlign = at.sleb128();
        long column = version == VERSION_GCC ? at.u8() : at.uleb128();
        if (column < 0 || column >= CfiLimits.MAX_REGISTERS) {
            throw new MalformedDataException("return-address column out of range", column);
        }
        boolean sized = augmentation.startsWith("z");
        if (sized) {
            sizedAugmentation(augmentation);
        } else if (!augmentation.isEmpty() && !augmentation.equals("eh")) {
            throw new MalformedDataException("unknown CIE augmentation", offset);
        }
        return new Cie(
                offset,
                version,
                augmentation,
                addressBytes,
                codeAlign,
                dataAlign,
                (int) column,
                pointerEncoding,
                sized,
                signalFrame,
                bKey,
                at.position(),
                at.limit());
    }

    /** The letters behind {@code z}; the data's stated length allows to skip what an unknown letter stands for. */
    private void sizedAugmentation(String augmentation) {
        long length = at.uleb128();
        long dataEnd = at.position() + length;
        if (length < 0 || length > at.remaining()) {
            throw new MalformedDataException("augmentation data is longer than its CIE", at.position());
        }
        for (int i = 1; i < augmentation.length(); i++) {
            switch (augmentation.charAt(i)) {
                case 'L' -> at.u8();
                case 'P' -> skipPersonality(at.u8());
                case 'R' -> pointerEncoding = at.u8();
                case 'S' -> signalFrame = true;
                case 'B' -> bKey = true;
                case 'G' -> {} // AArch64: stack frames carry memory tags; does not change unwinding
                default -> i = augmentation.length();
            }
        }
        at.position(dataEnd);
    }

    private void skipPersonality(int encoding) {
        if (encoding == EhPointer.DW_EH_PE_OMIT) {
            return;
        }
        if ((encoding & 0x70) == EhPointer.DW_EH_PE_ALIGNED) {
            int word = section.wordBytes();
            long here = section.svma() + at.position();
            at.skip(-here & (word - 1));
            at.word(word);
            return;
        }
        EhPointer.value(at, encoding, section.wordBytes());
    }

    private static int addressBytes(int stated) {
        if (stated != Integer.BYTES && stated != Long.BYTES) {
            throw new MalformedDataException("unsupported address size", stated);
        }
        return stated;
    }

    private String string() {
        StringBuilder text = new StringBuilder();
        for (int c = at.u8(); c != 0; c = at.u8()) {
            if (text.length() == CfiLimits.MAX_AUGMENTATION) {
                throw new MalformedDataException("augmentation string is too long", at.position());
            }
            text.append((char) c);
        }
        return text.toString();
    }
}

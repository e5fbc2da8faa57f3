// SPDX-License-Identifier: MIT
package io.dwunw.fuzz;

import io.dwunw.arch.X86_64;
import io.dwunw.bytes.Bytes;
import io.dwunw.bytes.MalformedDataException;
import io.dwunw.dwarf.CallFrameInfo;
import io.dwunw.dwarf.CfiSection;
import io.dwunw.dwarf.EhFrameHdr;
import io.dwunw.dwarf.ExpressionContext;
import io.dwunw.dwarf.ExpressionEvaluator;
import io.dwunw.dwarf.Fde;
import io.dwunw.dwarf.FdeIndex;
import io.dwunw.dwarf.RowEvaluator;
import io.dwunw.elf.ElfImage;
import io.dwunw.elf.ElfSymbols;
import io.dwunw.elf.SectionHeader;
import io.dwunw.memory.MemoryReader;
import io.dwunw.module.ImageCfi;
import java.nio.ByteOrder;
import java.util.List;

/** Decodes bytes as deeply as the library can, each as a caller would; damaged input is what it is for. */
final class Decoding {
    /** Symbols and FDEs looked at per input, so that a big claim costs no more than a real file. */
    private static final int LOOKED_AT = 2000;

    private static final ExpressionContext FRAME = new ExpressionContext() {
        @Override
        public boolean hasRegister(int dwarfRegister) {
            return dwarfRegister <= X86_64.RETURN_ADDRESS;
        }

        @Override
        public long register(int dwarfRegister) {
            return 0x7000_0000L + dwarfRegister;
        }

        @Override
        public boolean canRead(long avma, int bytes) {
            return (avma & 0x100) == 0;
        }

        @Override
        public long read(long avma, int bytes) {
            return avma >>> 1;
        }

        @Override
        public long loadBias() {
            return 0x1000;
        }
    };

    private Decoding() {}

    /** As an ELF file, and as an ELF image in memory. */
    static void elf(byte[] data) {
        try {
            image(ElfImage.ofFile(Bytes.of(data, ByteOrder.LITTLE_ENDIAN)));
        } catch (MalformedDataException expected) {
            // The documented answer.
        }
        MemoryReader memory = (avma, destination, offset, length) -> {
            if (avma < 0 || avma >= data.length) {
                return 0;
            }
            int count = (int) Math.min(length, data.length - avma);
            System.arraycopy(data, (int) avma, destination, offset, count);
            return count;
        };
        try {
            image(ElfImage.ofMemory(memory, 0));
        } catch (MalformedDataException expected) {
            // The documented answer.
        }
    }

    /** As {@code .eh_frame} and as {@code .debug_frame}, of both classes and byte orders. */
    static void cfi(byte[] data) {
        for (CfiSection.Format format : CfiSection.Format.values()) {
            for (int word : new int[] {4, 8}) {
                ByteOrder order = data.length % 2 == 0 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
                rows(new CallFrameInfo(
                        List.of(new CfiSection(Bytes.of(data, order), 0x1000, format, word, 0, 0)), null));
            }
        }
    }

    /** As an expression. */
    static void expression(byte[] data) {
        ExpressionEvaluator evaluator = new ExpressionEvaluator();
        Bytes expression = Bytes.of(data, ByteOrder.LITTLE_ENDIAN);
        evaluator.evaluate(expression, 8, FRAME);
        evaluator.evaluate(expression, 4, FRAME, 0x7fff_0000L);
    }

    /** As {@code .eh_frame_hdr} with {@code .eh_frame} right behind it. */
    static void ehFrameHdr(byte[] data) {
        Bytes bytes = Bytes.of(data, ByteOrder.LITTLE_ENDIAN);
        EhFrameHdr header = EhFrameHdr.parse(bytes, 0x1000, 8);
        if (header == null) {
            return;
        }
        long start = header.ehFrameSvma() - 0x1000;
        Bytes section = bytes.contains(start, 0) ? bytes.from(start) : Bytes.empty();
        CfiSection ehFrame = new CfiSection(section, header.ehFrameSvma(), CfiSection.Format.EH_FRAME, 8, 0, 0);
        CallFrameInfo cfi = new CallFrameInfo(List.of(ehFrame), header);
        for (long svma = 0; svma < 0x4000; svma += 0x3f) {
            find(cfi, svma);
        }
    }

    private static void image(ElfImage image) {
        image.buildId();
        image.loadBias(0x7f00_0000_0000L, 0);
        symbols(image.symtab());
        symbols(image.dynsym());
        for (SectionHeader section : image.sections()) {
            try {
                image.content(section);
            } catch (MalformedDataException expected) {
                // One damaged section does not spoil the others.
            }
        }
        CallFrameInfo cfi = ImageCfi.of(image);
        if (cfi != null) {
            rows(cfi);
        }
    }

    private static void symbols(ElfSymbols symbols) {
        for (int i = 0; i < Math.min(symbols.count(), LOOKED_AT); i++) {
            symbols.svma(i);
            symbols.isCode(i);
            try {
                symbols.name(i);
            } catch (MalformedDataException expected) {
                // A name outside the string table.
            }
        }
    }

    private static void rows(CallFrameInfo cfi) {
        RowEvaluator rows = new RowEvaluator();
        for (CfiSection section : cfi.sections()) {
            int[] seen = {0};
            FdeIndex.forEach(section, fde -> {
                if (seen[0]++ < LOOKED_AT) {
                    rows(rows, fde);
                    find(cfi, fde.startSvma());
                }
            });
        }
    }

    private static void rows(RowEvaluator rows, Fde fde) {
        try {
            rows.start(fde);
            while (rows.next()) {
                rows.row().registerCount();
            }
            rows.find(fde, fde.startSvma());
        } catch (MalformedDataException expected) {
            // The documented answer.
        }
    }

    private static void find(CallFrameInfo cfi, long svma) {
        try {
            cfi.find(svma);
        } catch (MalformedDataException expected) {
            // The documented answer.
        }
    }
}

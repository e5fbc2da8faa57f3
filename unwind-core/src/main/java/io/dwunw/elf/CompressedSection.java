// SPDX-License-Identifier: MIT
package io.dwunw.elf;

import io.dwunw.bytes.Bytes;
import io.dwunw.bytes.MalformedDataException;
import java.nio.ByteOrder;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * A {@code SHF_COMPRESSED} section (gABI, figure 4-13) of zlib (no JDK can read zstd), or GNU's older {@code .zdebug_*}
 * (binutils, {@code bfd/compress.c}).
 *
 * <pre>
 * ELF32: ch_type 0, ch_size 4, ch_addralign 8; ELF64: ch_type 0, ch_reserved 4, ch_size 8, ch_addralign 16
 * GNU:   "ZLIB" 0, size 4 (8 bytes, always big-endian)
 * </pre>
 */
final class CompressedSection {
    /** Deflate's best ratio (zlib, "Technical Details"): a larger claim is a lie. */
    private static final long MAX_RATIO = 1032;

    private static final int CHUNK_BYTES = 1 << 14;
    private static final int GNU_MAGIC = 0x5a4c4942;
    private static final int GNU_HEADER_BYTES = 12;

    private CompressedSection() {}

    static Bytes inflate(Bytes section, int wordBytes) {
        int type = section.s32(0);
        long size = section.word(wordBytes, wordBytes);
        if (type == Elf.ELFCOMPRESS_ZSTD) {
            throw new MalformedDataException("section compressed with zstd, which Java has no decoder for", size);
        }
        if (type != Elf.ELFCOMPRESS_ZLIB) {
            throw new MalformedDataException("section compressed in an unknown way", type);
        }
        return inflate(section, 3L * wordBytes, size);
    }

    static boolean isGnu(SectionHeader section) {
        return section.name().startsWith(".zdebug_");
    }

    static Bytes inflateGnu(Bytes section) {
        int magic = section.order(ByteOrder.BIG_ENDIAN).s32(0);
        if (magic != GNU_MAGIC) {
            throw new MalformedDataException("section compressed in an unknown way", magic);
        }
        return inflate(
                section, GNU_HEADER_BYTES, section.order(ByteOrder.BIG_ENDIAN).u64(Integer.BYTES));
    }

    private static Bytes inflate(Bytes section, long headerBytes, long size) {
        if (size < 0 || size > ElfLimits.MAX_INFLATED_BYTES || size > section.size() * MAX_RATIO) {
            throw new MalformedDataException("section would inflate to too many bytes", size);
        }
        section.account().take(size, "compressed section");
        Inflater inflater = new Inflater();
        boolean done = false;
        try {
            byte[] inflated = new byte[(int) size];
            inflate(inflater, section.from(headerBytes), inflated);
            done = true;
            return section.derived(inflated);
        } catch (DataFormatException broken) {
            throw new MalformedDataException("compressed section does not inflate", size);
        } finally {
            inflater.end();
            section.account().give(done ? 0 : size);
        }
    }

    private static void inflate(Inflater inflater, Bytes deflated, byte[] inflated) throws DataFormatException {
        byte[] chunk = new byte[CHUNK_BYTES];
        long fed = 0;
        int done = 0;
        while (done < inflated.length) {
            int count = inflater.inflate(inflated, done, inflated.length - done);
            done += count;
            if (count == 0) {
                deflated.account().watch();
                int more = (int) Math.min(chunk.length, deflated.size() - fed);
                if (more == 0 || !inflater.needsInput()) {
                    throw new MalformedDataException("compressed section is too short", done);
                }
                deflated.copy(fed, chunk, 0, more);
                inflater.setInput(chunk, 0, more);
                fed += more;
            }
        }
    }
}

package io.dwunw.elf;

import io.dwunw.bytes.Bytes;
import io.dwunw.bytes.MalformedDataException;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * A {@code SHF_COMPRESSED} section (gABI, figure 4-13).
 *
 * <pre>
 * ELF32: ch_type 0, ch_size 4, ch_addralign 8; ELF64: ch_type 0, ch_reserved 4, ch_size 8, ch_addralign 16
 * </pre>
 */
final class CompressedSection {
    /** Deflate's best ratio (zlib, "Technical Details"): a larger claim is a lie. */
    private static final long MAX_RATIO = 1032;

    private CompressedSection() {}

    static Bytes inflate(Bytes section, int wordBytes) {
        int type = section.s32(0);
        long size = section.word(wordBytes, wordBytes);
        if (type != Elf.ELFCOMPRESS_ZLIB) {
            throw new MalformedDataException("section compressed in an unknown way", type);
        }
        if (size < 0 || size > ElfLimits.MAX_INFLATED_BYTES || size > section.size() * MAX_RATIO) {
            throw new MalformedDataException("section would inflate to too many bytes", size);
        }
        Inflater inflater = new Inflater();
        try {
            byte[] inflated = new byte[(int) size];
            inflater.setInput(section.from(3L * wordBytes).asByteBuffer());
            int done = 0;
            while (done < inflated.length) {
                int count = inflater.inflate(inflated, done, inflated.length - done);
                if (count == 0) {
                    throw new MalformedDataException("compressed section is too short", done);
                }
                done += count;
            }
            return Bytes.of(inflated, section.order());
        } catch (DataFormatException broken) {
            throw new MalformedDataException("compressed section does not inflate", size);
        } finally {
            inflater.end();
        }
    }
}

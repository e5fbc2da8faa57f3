// SPDX-License-Identifier: MIT
package io.dwunw.compress;

import io.dwunw.bytes.Bytes;
import io.dwunw.bytes.MalformedDataException;
import java.nio.ByteOrder;

/**
 * Decoder of the .xz container: all its checks are verified, the only filter is LZMA2, which is what {@code xz} uses
 * by default.
 *
 * <pre>
 * stream: header (12 bytes), blocks, index, footer (12 bytes)
 * block:  header, LZMA2 chunks, padding to 4, check
 * </pre>
 */
public final class Xz {
    private static final int STREAM_HEADER_BYTES = 12;
    /** {@code FD '7zXZ' 00}, as a little-endian number. */
    private static final long HEADER_MAGIC = 0x005a_587a_37fdL;

    private static final int FOOTER_MAGIC = 'Y' | ('Z' << 8);
    private static final long MAGIC_MASK = (1L << 48) - 1;
    private static final int FILTER_LZMA2 = 0x21;
    private static final int MAX_CHECK_TYPE = 0x0f;
    /** A variable-length integer has at most this many bytes (paragraph 1.2). */
    private static final int MAX_VLI_BYTES = 9;
    /** Blocks of one file; xz writes one, multithreaded one per 24 MiB of input or so. */
    private static final int MAX_BLOCKS = 1 << 16;

    private final Bytes in;
    private final DecodedBytes out;
    private long position;

    private Xz(Bytes in, DecodedBytes out) {
        this.in = in;
        this.out = out;
    }

    /**
     * Decodes a whole .xz file, of one or more streams. The result counts for the file that {@code file} is of.
     *
     * @param maxBytes the largest acceptable size of the result
     * @throws MalformedDataException if it is no such file, a check fails, it uses another filter, or the result would
     *     be
     *     larger than {@code maxBytes} or than the file's budget
     */
    public static byte[] decode(Bytes file, int maxBytes) {
        DecodedBytes out = new DecodedBytes(maxBytes, file.account());
        Xz decoder = new Xz(file.order(ByteOrder.LITTLE_ENDIAN), out);
        try {
            do {
                decoder.stream();
            } while (!decoder.atEndOfStreams());
            return out.toArray();
        } catch (MalformedDataException unusable) {
            out.discard();
            throw unusable;
        }
    }

    /** Skips stream padding, which comes in multiples of four zero bytes (paragraph 2.2). */
    private boolean atEndOfStreams() {
        while (in.contains(position, 4) && in.s32(position) == 0) {
            position += 4;
        }
        return position == in.size();
    }

    private void stream() {
        long header = position;
        if ((in.u64(header) & MAGIC_MASK) != HEADER_MAGIC) {
            throw new MalformedDataException("no xz stream", header);
        }
        checkCrc32(header + 6, 2, header + 8);
        int checkType = in.u8(header + 7);
        if (in.u8(header + 6) != 0 || checkType > MAX_CHECK_TYPE) {
            throw new MalformedDataException("reserved xz stream flags are set", header + 6);
        }
        position = header + STREAM_HEADER_BYTES;
        XzIndexSummary blocks = new XzIndexSummary();
        while (in.u8(position) != 0) {
            if (blocks.count() == MAX_BLOCKS) {
                throw new MalformedDataException("too many xz blocks", position);
            }
            block(checkType, blocks);
        }
        long indexStart = position;
        index(blocks);
        footer(header, position - indexStart);
    }

    private void block(int checkType, XzIndexSummary blocks) {
        long start = position;
        int headerBytes = (in.u8(start) + 1) * 4;
        checkCrc32(start, headerBytes - 4, start + headerBytes - 4);
        BlockHeader header = blockHeader(start + headerBytes - 4);
        position = start + headerBytes;
        long data = position;
        int decodedStart = out.size();
        position += new Lzma2(in, data, out).decode();
        long unpadded = position - start;
        if (header.compressed != BlockHeader.UNKNOWN && header.compressed != position - data) {
            throw new MalformedDataException("xz block has another size than stated", data);
        }
        if (header.decoded != BlockHeader.UNKNOWN && header.decoded != out.size() - decodedStart) {
            throw new MalformedDataException("xz block decodes to another size than stated", data);
        }
        skipPadding(start);
        XzCheck check = XzCheck.of(checkType, position);
        if (!check.matches(out, decodedStart, in.slice(position, check.bytes()))) {
            throw new MalformedDataException("xz block fails its check", position);
        }
        position += check.bytes();
        blocks.add(unpadded + check.bytes(), out.size() - decodedStart);
    }

    private record BlockHeader(long compressed, long decoded) {
        static final long UNKNOWN = -1;
    }

    /** Paragraph 3.1, from the flags to the padding. */
    private BlockHeader blockHeader(long end) {
        int flags = in.u8(position + 1);
        position += 2;
        if ((flags & 0x3f) != 0) {
            throw new MalformedDataException("xz block uses more filters than LZMA2", position);
        }
        long compressed = (flags & 0x40) != 0 ? variableLength() : BlockHeader.UNKNOWN;
        long decoded = (flags & 0x80) != 0 ? variableLength() : BlockHeader.UNKNOWN;
        long filter = variableLength();
        long propertyBytes = variableLength();
        if (filter != FILTER_LZMA2 || propertyBytes != 1) {
            throw new MalformedDataException("xz block uses a filter other than LZMA2", position);
        }
        // The property is the dictionary's size: all of the output serves as dictionary here.
        position++;
        for (; position < end; position++) {
            if (in.u8(position) != 0) {
                throw new MalformedDataException("xz block header is not padded with zeros", position);
            }
        }
        return new BlockHeader(compressed, decoded);
    }

    /** Paragraph 4: must agree with the blocks that were read. */
    private void index(XzIndexSummary blocks) {
        long start = position++;
        XzIndexSummary stated = new XzIndexSummary();
        long count = variableLength();
        if (count != blocks.count()) {
            throw new MalformedDataException("xz index has another number of blocks", start);
        }
        for (long i = 0; i < count; i++) {
            stated.add(variableLength(), variableLength());
        }
        if (!stated.agreesWith(blocks)) {
            throw new MalformedDataException("xz index disagrees with its blocks", start);
        }
        skipPadding(start);
        checkCrc32(start, position - start, position);
        position += 4;
    }

    private void footer(long header, long indexBytes) {
        checkCrc32(position + 4, 6, position);
        boolean sameFlags = in.u16(position + 8) == in.u16(header + 6);
        boolean indexFound = (in.u32(position + 4) + 1) * 4 == indexBytes;
        if (!sameFlags || !indexFound || in.u16(position + 10) != FOOTER_MAGIC) {
            throw new MalformedDataException("xz footer disagrees with its stream", position);
        }
        position += STREAM_HEADER_BYTES;
    }

    private void skipPadding(long start) {
        for (; (position - start) % 4 != 0; position++) {
            if (in.u8(position) != 0) {
                throw new MalformedDataException("xz padding is not zero", position);
            }
        }
    }

    private void checkCrc32(long from, long length, long stored) {
        if (in.slice(from, length).crc32() != in.u32(stored)) {
            throw new MalformedDataException("xz header fails its check", from);
        }
    }

    /** Paragraph 1.2: seven bits a byte, least significant first. */
    private long variableLength() {
        long value = 0;
        for (int i = 0; i < MAX_VLI_BYTES; i++) {
            int next = in.u8(position++);
            value |= (next & 0x7fL) << (7 * i);
            if ((next & 0x80) == 0) {
                return value;
            }
        }
        throw new MalformedDataException("xz number is too long", position);
    }
}

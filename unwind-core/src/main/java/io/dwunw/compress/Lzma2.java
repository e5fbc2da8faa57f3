// SPDX-License-Identifier: MIT
package io.dwunw.compress;

import io.dwunw.bytes.Bytes;
import io.dwunw.bytes.MalformedDataException;

/**
 * LZMA2: chunks of LZMA or of plain bytes. A chunk's control byte:
 *
 * <pre>
 * 00        end
 * 01, 02    plain bytes; 01 resets the dictionary first
 * 80 .. ff  LZMA; bits 5 and 6: 1 resets the state, 2 also sets properties, 3 also resets the dictionary;
 *           bits 0 to 4 are the highest of the decoded size
 * </pre>
 */
final class Lzma2 {
    private final Bytes in;
    private final long start;
    private final DecodedBytes out;
    private final Lzma lzma;
    private long position;
    private boolean needsDictionaryReset = true;
    private boolean needsProperties = true;
    private boolean needsState = true;

    Lzma2(Bytes in, long start, DecodedBytes out) {
        this.in = in;
        this.start = start;
        this.position = start;
        this.out = out;
        this.lzma = new Lzma(in, out);
    }

    /** Decodes all chunks. Returns the number of bytes that they take. */
    long decode() {
        while (true) {
            int control = in.u8(position++);
            if (control == 0) {
                return position - start;
            }
            if (control >= 0x80) {
                lzmaChunk(control);
            } else if (control <= 2) {
                plainChunk(control == 1);
            } else {
                throw new MalformedDataException("LZMA2 control byte is reserved", position);
            }
        }
    }

    private void plainChunk(boolean resetsDictionary) {
        resetDictionary(resetsDictionary);
        int length = bigEndian16() + 1;
        out.reserve(length);
        for (int i = 0; i < length; i++) {
            out.append((byte) in.u8(position++));
        }
    }

    private void lzmaChunk(int control) {
        int reset = (control >> 5) & 3;
        resetDictionary(reset == 3);
        int decoded = ((control & 0x1f) << 16) + bigEndian16() + 1;
        int compressed = bigEndian16() + 1;
        if (reset >= 2) {
            lzma.properties(in.u8(position++), position);
            needsProperties = false;
        }
        if (reset >= 1) {
            needsState = false;
        }
        if (needsProperties || needsState) {
            throw new MalformedDataException("LZMA2 chunk continues nothing", position);
        }
        if (reset >= 1) {
            lzma.resetState();
        }
        out.reserve(decoded);
        lzma.decode(position, compressed, decoded);
        position += compressed;
    }

    private void resetDictionary(boolean reset) {
        if (reset) {
            needsDictionaryReset = false;
            lzma.resetDictionary();
        } else if (needsDictionaryReset) {
            throw new MalformedDataException("LZMA2 does not begin with an empty dictionary", position);
        }
    }

    private int bigEndian16() {
        int value = (in.u8(position) << 8) | in.u8(position + 1);
        position += 2;
        return value;
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.it.bench;

import java.nio.charset.StandardCharsets;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/**
 * Compresses and expands a small text, each with a fresh {@code Deflater} and {@code Inflater}, as careless servers do:
 * zlib asks for some 300 KiB in a dozen blocks each time. An operation is one such round.
 */
public final class ZipRounds {
    private static final int SIZE = 4_096;

    private final byte[] text = "The quick brown fox jumps over the lazy dog. "
            .repeat(SIZE)
            .substring(0, SIZE)
            .getBytes(StandardCharsets.US_ASCII);
    private final byte[] packed = new byte[2 * SIZE];
    private final byte[] unpacked = new byte[SIZE];

    private ZipRounds() {}

    /** Arguments: see {@link Phases#parse}. */
    public static void main(String[] args) throws Exception {
        MeasuredLoop.run(Phases.parse(args), 1, () -> new ZipRounds()::round);
    }

    private long round() throws DataFormatException {
        Deflater deflater = new Deflater(Deflater.BEST_SPEED);
        int length;
        try {
            deflater.setInput(text);
            deflater.finish();
            length = deflater.deflate(packed);
        } finally {
            deflater.end();
        }
        Inflater inflater = new Inflater();
        try {
            inflater.setInput(packed, 0, length);
            if (inflater.inflate(unpacked) != SIZE || unpacked[SIZE - 1] != text[SIZE - 1]) {
                throw new DataFormatException("does not come back as it was");
            }
        } finally {
            inflater.end();
        }
        return 0;
    }
}

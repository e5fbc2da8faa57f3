// SPDX-License-Identifier: MIT
package io.dwunw.it.program;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/** Opens {@link GZIPInputStream}s, reads one byte of each and keeps them: their inflaters' native memory stays. */
public final class InflaterLeak {
    private static final List<GZIPInputStream> OPEN = new ArrayList<>();

    private InflaterLeak() {}

    /** Arguments: number of streams that stay open, milliseconds to live on. */
    public static void main(String[] args) throws IOException, InterruptedException {
        byte[] compressed = compressed();
        int streams = Integer.parseInt(args[0]);
        for (int i = 0; i < streams; i++) {
            leak(compressed);
            closeAnother(compressed);
            Thread.sleep(1);
        }
        Thread.sleep(Long.parseLong(args[1]));
        System.out.println("open=" + OPEN.size());
    }

    private static void leak(byte[] compressed) throws IOException {
        GZIPInputStream stream = new GZIPInputStream(new ByteArrayInputStream(compressed));
        if (stream.read() < 0) {
            throw new IOException("empty");
        }
        OPEN.add(stream);
    }

    private static void closeAnother(byte[] compressed) throws IOException {
        try (GZIPInputStream stream = new GZIPInputStream(new ByteArrayInputStream(compressed))) {
            if (stream.readAllBytes().length == 0) {
                throw new IOException("empty");
            }
        }
    }

    private static byte[] compressed() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
            for (int i = 0; i < 10_000; i++) {
                gzip.write((i * 31) >> 3);
            }
        }
        return bytes.toByteArray();
    }
}

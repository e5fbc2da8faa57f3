// SPDX-License-Identifier: MIT
package io.dwunw.it.demo;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.Inflater;

/**
 * Serves requests from a few threads. Each request compresses, inflates and spools to a file, and cleans up after
 * itself. Two places do not: {@link #openUpload} leaves its stream open in a table of sessions, so that its inflater
 * is never ended, and {@link #reserveBuffer} puts a direct buffer into a pool that is never emptied.
 */
public final class LeakyServer {
    private static final int THREADS = 4;
    private static final int UPLOAD_EVERY = 10;
    private static final int BUFFER_EVERY = 25;
    private static final int BUFFER_BYTES = 48 << 10;
    private static final int PAUSE_MILLIS = 4;

    private static final Map<Long, GZIPInputStream> SESSIONS = new ConcurrentHashMap<>();
    private static final Queue<ByteBuffer> POOL = new ConcurrentLinkedQueue<>();

    private final AtomicLong requests = new AtomicLong();
    private final byte[] page = page();
    private final byte[] upload = gzip(page);
    private final Path spool;

    private LeakyServer(Path spool) {
        this.spool = spool;
    }

    /** Argument: seconds to run. */
    public static void main(String[] args) throws IOException, InterruptedException {
        int seconds = Integer.parseInt(args[0]);
        Path spool = Files.createTempDirectory("leaky-server");
        try {
            new LeakyServer(spool).serve(seconds);
        } finally {
            Files.deleteIfExists(spool);
        }
    }

    private void serve(int seconds) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        ExecutorService pool = Executors.newFixedThreadPool(THREADS);
        for (int i = 0; i < THREADS; i++) {
            pool.execute(() -> work(end));
        }
        pool.shutdown();
        if (!pool.awaitTermination(seconds + 60L, TimeUnit.SECONDS)) {
            throw new IllegalStateException("workers do not end");
        }
        System.out.println("served " + requests + " requests; " + SESSIONS.size() + " sessions left open, "
                + POOL.size() + " buffers kept");
    }

    private void work(long end) {
        try {
            while (System.nanoTime() < end) {
                handle(requests.incrementAndGet());
                Thread.sleep(PAUSE_MILLIS);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (DataFormatException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void handle(long id) throws IOException, DataFormatException {
        byte[] response = compressResponse();
        expand(response);
        if (id % 8 == 0) {
            spoolToDisk(id, response);
        }
        if (id % UPLOAD_EVERY == 0) {
            openUpload(id);
        }
        if (id % BUFFER_EVERY == 0) {
            reserveBuffer();
        }
    }

    /** The first leak. */
    private void openUpload(long id) throws IOException {
        GZIPInputStream stream = new GZIPInputStream(new ByteArrayInputStream(upload));
        if (stream.read() < 0) {
            throw new IOException("empty upload");
        }
        SESSIONS.put(id, stream);
    }

    /** The second leak. */
    private static void reserveBuffer() {
        POOL.add(ByteBuffer.allocateDirect(BUFFER_BYTES));
    }

    private byte[] compressResponse() {
        Deflater deflater = new Deflater();
        try {
            deflater.setInput(page);
            deflater.finish();
            byte[] buffer = new byte[page.length];
            int length = deflater.deflate(buffer);
            return java.util.Arrays.copyOf(buffer, length);
        } finally {
            deflater.end();
        }
    }

    private void expand(byte[] response) throws DataFormatException {
        Inflater inflater = new Inflater();
        try {
            inflater.setInput(response);
            byte[] buffer = new byte[page.length];
            if (inflater.inflate(buffer) != page.length) {
                throw new DataFormatException("short response");
            }
        } finally {
            inflater.end();
        }
    }

    /** A thread of its own, so that its temporary direct buffer is freed when it ends. */
    private void spoolToDisk(long id, byte[] response) throws IOException {
        Path file = spool.resolve("response-" + id);
        Thread writer = new Thread(() -> write(file, response), "spool-" + id);
        writer.start();
        try {
            writer.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Files.deleteIfExists(file);
    }

    private static void write(Path file, byte[] response) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(response));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] page() {
        StringBuilder page = new StringBuilder();
        for (int i = 0; i < 400; i++) {
            page.append("<tr><td>")
                    .append(i)
                    .append("</td><td>")
                    .append(i * 2654435761L)
                    .append("</td></tr>\n");
        }
        return page.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] gzip(byte[] bytes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.it.bench;

import java.io.Closeable;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Sends messages of 1 KiB to an echo server, one at a time on each connection, and measures how long each takes. Prints
 * {@code begin} and {@code end} around the measured time, then the figures.
 */
public final class EchoLoad {
    private static final int MESSAGE = 1_024;
    private static final int MAX_LATENCIES = 1 << 20;

    private EchoLoad() {}

    /**
     * Arguments: port, connections, milliseconds of warm-up, milliseconds to measure; without these it runs until
     * it is killed and measures nothing.
     */
    public static void main(String[] args) throws Exception {
        int port = Integer.parseInt(args[0]);
        if (args.length == 2) {
            for (int i = 0; i < Integer.parseInt(args[1]); i++) {
                new Thread(() -> endlessly(port)).start();
            }
            return;
        }
        Phases phases = new Phases(Integer.parseInt(args[1]), Long.parseLong(args[2]), Long.parseLong(args[3]));
        List<String> marks = new ArrayList<>(List.of("begin", "end"));
        CyclicBarrier together = new CyclicBarrier(phases.threads(), () -> System.out.println(marks.remove(0)));
        ExecutorService pool = Executors.newFixedThreadPool(phases.threads());
        List<Future<long[]>> running = new ArrayList<>();
        for (int i = 0; i < phases.threads(); i++) {
            running.add(pool.submit(() -> connection(port, phases, together)));
        }
        List<long[]> latencies = new ArrayList<>();
        for (Future<long[]> each : running) {
            latencies.add(each.get());
        }
        pool.shutdown();
        print(latencies.stream().flatMapToLong(Arrays::stream).sorted().toArray(), phases);
    }

    /** One connection to the server. */
    private static final class Connection implements Closeable {
        private final byte[] message = new byte[MESSAGE];
        private final byte[] answer = new byte[MESSAGE];
        private final Socket socket;
        private final OutputStream out;
        private final DataInputStream in;

        Connection(int port) throws IOException {
            socket = new Socket(InetAddress.getLoopbackAddress(), port);
            socket.setTcpNoDelay(true);
            out = socket.getOutputStream();
            in = new DataInputStream(socket.getInputStream());
        }

        /** A message there and back. */
        void exchange(int number) throws IOException {
            message[0] = (byte) number;
            out.write(message);
            in.readFully(answer);
            if (answer[0] != message[0]) {
                throw new IOException("another answer than was sent");
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private static void endlessly(int port) {
        try (Connection connection = new Connection(port)) {
            while (true) {
                connection.exchange(0);
            }
        } catch (IOException theServerIsGone) {
            // then so is the reason to go on
        }
    }

    private static long[] connection(int port, Phases phases, CyclicBarrier together) throws Exception {
        try (Connection connection = new Connection(port)) {
            messages(connection, phases.warmupMillis());
            together.await();
            long[] latencies = messages(connection, phases.measuredMillis());
            together.await();
            return latencies;
        }
    }

    /** Nanoseconds of each message. */
    private static long[] messages(Connection connection, long millis) throws IOException {
        long[] latencies = new long[MAX_LATENCIES];
        int count = 0;
        long start = System.nanoTime();
        long now = start;
        while (now - start < millis * 1_000_000 && count < MAX_LATENCIES) {
            connection.exchange(count);
            long end = System.nanoTime();
            latencies[count++] = end - now;
            now = end;
        }
        return Arrays.copyOf(latencies, count);
    }

    private static void print(long[] sorted, Phases phases) {
        System.out.printf(
                Locale.ROOT,
                "operations=%d throughput=%.0f p50=%.1f p99=%.1f%n",
                sorted.length,
                sorted.length * 1e3 / phases.measuredMillis(),
                sorted[sorted.length / 2] / 1e3,
                sorted[(int) (sorted.length * 0.99)] / 1e3);
    }
}

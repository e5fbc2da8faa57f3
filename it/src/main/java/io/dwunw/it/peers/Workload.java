// SPDX-License-Identifier: MIT
package io.dwunw.it.peers;

import io.dwunw.it.bench.EchoServer;
import io.dwunw.it.bench.JniBursts;
import io.dwunw.it.bench.PacedPairs;
import io.dwunw.it.bench.SmallProgram;
import io.dwunw.it.bench.UnsafePairs;
import io.dwunw.it.bench.ZipRounds;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A program, and what of it is measured.
 *
 * @param name short, for the command line
 * @param title for the table; says what an operation is
 * @param kind what it is for
 * @param figures the first is the one of the overview
 */
record Workload(String name, String title, Kind kind, Class<?> main, List<String> args, List<Figure> figures) {
    /** Purpose of a workload. */
    enum Kind {
        /** Works for a while: a profiler must have taken samples in the measured time. */
        STEADY,
        /** Ends at once. */
        START,
        /** Allocates at a given rate: what is lost on the way? */
        PACED
    }

    private static final int CONNECTIONS = 8;
    private static final int[] THREADS = {1, 2, 4};
    private static final int[] RATES = {10_000, 100_000, 1_000_000};
    private static final int THOUSAND = 1_000;

    /** All that there are. */
    static List<Workload> all(Timing timing) {
        List<Workload> all = new ArrayList<>();
        List<Figure> loop = List.of(Figure.CPU, Figure.WALL, Figure.PROCESS);
        for (int threads : THREADS) {
            String title = "Java loop of `Unsafe.allocateMemory(64)`/`freeMemory`, " + threads
                    + (threads == 1 ? " thread" : " threads") + ", per pair";
            all.add(new Workload(
                    "unsafe-" + threads, title, Kind.STEADY, UnsafePairs.class, timing.args(threads), loop));
        }
        all.add(new Workload(
                "jni",
                "JNI loop of `malloc`/`free`, 16 to 512 bytes, per pair",
                Kind.STEADY,
                JniBursts.class,
                timing.args(1),
                loop));
        all.add(new Workload(
                "zip",
                "`Deflater` and `Inflater`, 4 KiB, fresh ones each time, per round",
                Kind.STEADY,
                ZipRounds.class,
                timing.args(1),
                loop));
        all.add(echo("netty", "pooled buffers (Netty's default)", "pooled", timing));
        all.add(echo("netty-unpooled", "unpooled direct buffers", "unpooled", timing));
        all.add(new Workload(
                "start",
                "start and end of a small program",
                Kind.START,
                SmallProgram.class,
                List.of(),
                List.of(Figure.START, Figure.PEAK)));
        for (int rate : RATES) {
            all.add(new Workload(
                    "rate-" + (rate == THOUSAND * THOUSAND ? "1m" : rate / THOUSAND + "k"),
                    String.format(Locale.ROOT, "%,d allocations of 1.2 KiB and frees a second", rate),
                    Kind.PACED,
                    PacedPairs.class,
                    List.of(Integer.toString(rate), Long.toString(timing.measuredMillis())),
                    List.of(Figure.RATE, Figure.LOST, Figure.MISSING)));
        }
        return List.copyOf(all);
    }

    private static Workload echo(String name, String title, String buffers, Timing timing) {
        List<String> args = new ArrayList<>(timing.args(CONNECTIONS));
        args.add(buffers);
        return new Workload(
                name,
                "Netty echo server, " + title + ", " + CONNECTIONS + " connections, 1 KiB messages",
                Kind.STEADY,
                EchoServer.class,
                args,
                List.of(Figure.THROUGHPUT, Figure.P99, Figure.PROCESS));
    }
}

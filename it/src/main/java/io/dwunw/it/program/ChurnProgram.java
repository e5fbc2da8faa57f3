// SPDX-License-Identifier: MIT
package io.dwunw.it.program;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import jdk.jfr.Recording;

/**
 * Records again and again, each time from the start of JFR itself to its stop, and so from attaching to detaching,
 * while libraries are opened and closed and threads are born and die. In every recording {@link #THREADS} threads
 * allocate {@link #ROUNDS} blocks each, keep {@link #KEPT}, and hand the others to one another to free. Prints how many
 * mappings, files and threads the process has after the warm-up and at the end, and how many of the libraries' files
 * are open.
 */
public final class ChurnProgram {
    public static final int THREADS = 8;
    public static final int ROUNDS = 100;
    public static final int KEPT = 2;
    /** Recordings before the first look at what the process has. */
    public static final int WARM_UP = 20;

    private static final List<String> EVENTS =
            List.of("dwunw.NativeAllocation", "dwunw.NativeFree", "dwunw.NativeLeak", "dwunw.AgentStatistics");

    private static final int LIBRARIES = 6;
    private static final long TIMEOUT_NANOS = 60_000_000_000L;

    private ChurnProgram() {}

    /** Bytes of every counted block of a thread. */
    public static long size(int thread) {
        return 61_000L + thread;
    }

    /** A recording's file in the working directory. */
    public static Path file(Path directory, int cycle) {
        return directory.resolve("cycle-" + cycle + ".jfr");
    }

    /** Argument: number of recordings. */
    public static void main(String[] args) throws IOException, InterruptedException {
        Path directory = Path.of("").toAbsolutePath();
        for (int i = 0; i < LIBRARIES; i++) {
            Files.copy(NativeBlocks.lateLibrary(), directory.resolve("late-" + i + ".so"));
        }
        int cycles = Integer.parseInt(args[0]);
        unrest(directory, 0, WARM_UP);
        report("before", directory);
        unrest(directory, WARM_UP, cycles);
        report("after", directory);
    }

    private static void unrest(Path directory, int from, int to) throws IOException, InterruptedException {
        check(NativeBlocks.churnStart(directory.toString(), LIBRARIES));
        for (int cycle = from; cycle < to; cycle++) {
            record(file(directory, cycle));
        }
        check(NativeBlocks.churnStop());
    }

    private static void record(Path file) throws IOException, InterruptedException {
        try (Recording recording = new Recording()) {
            EVENTS.forEach(recording::enable);
            recording.setDestination(file);
            recording.start();
            NativeBlocks.awaitTracing();
            check(NativeBlocks.churnCounted(THREADS, ROUNDS, KEPT, size(0)));
            Thread.sleep(10); // longer than minage
        }
        long start = System.nanoTime();
        while (NativeBlocks.traced()) {
            if (System.nanoTime() - start > TIMEOUT_NANOS) {
                throw new IllegalStateException("still traced");
            }
            Thread.sleep(1);
        }
        NativeBlocks.churnRelease();
    }

    private static void report(String when, Path directory) throws IOException, InterruptedException {
        // What the unwinder has mapped of files of libraries that are gone goes with their buffers.
        System.gc();
        Thread.sleep(300);
        Path self = Path.of("/proc/self");
        List<String> maps = Files.readAllLines(self.resolve("maps"));
        System.out.println(when + ".maps=" + maps.size());
        System.out.println(when + ".libraries="
                + maps.stream()
                        .filter(line -> line.contains(directory + "/late-") && line.contains(" r-xp "))
                        .count());
        long late = opened(self.resolve("fd"), directory.resolve("late-").toString());
        System.out.println(when + ".opened=" + late);
        System.out.println(when + ".files=" + (entries(self.resolve("fd")) - late));
        System.out.println(when + ".threads=" + entries(self.resolve("task")));
    }

    /** Descriptors of files whose path starts so. */
    private static long opened(Path descriptors, String start) throws IOException {
        long count = 0;
        try (DirectoryStream<Path> all = Files.newDirectoryStream(descriptors)) {
            for (Path descriptor : all) {
                try {
                    count += Files.readSymbolicLink(descriptor).toString().startsWith(start) ? 1 : 0;
                } catch (NoSuchFileException ours) {
                    // That of the directory itself.
                }
            }
        }
        return count;
    }

    private static long entries(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.count();
        }
    }

    private static void check(int result) {
        if (result < 0) {
            throw new IllegalStateException("the native part failed");
        }
    }
}

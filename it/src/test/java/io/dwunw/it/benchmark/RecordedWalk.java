// SPDX-License-Identifier: MIT
package io.dwunw.it.benchmark;

import io.dwunw.arch.X86_64;
import io.dwunw.testkit.Snapshot;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A stack of more than 30 frames in a program compiled with -O2 -fomit-frame-pointer, recorded by {@link Benchmarks}.
 */
final class RecordedWalk {
    /** Where {@link Benchmarks} tells the forked JVMs that the recording is. */
    static final String PROPERTY = "dwunw.benchmark.recording";

    static final int FRAMES = 30;

    private RecordedWalk() {}

    static Snapshot snapshot() {
        try {
            List<String> lines = Files.readAllLines(Path.of(System.getProperty(PROPERTY, "")));
            return Snapshot.parse(lines, X86_64.ARCHITECTURE, ByteOrder.LITTLE_ENDIAN).stream()
                    .filter(snapshot -> snapshot.name().equals("recursion"))
                    .findFirst()
                    .orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.testkit;

import io.dwunw.arch.X86_64;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Snapshots of the program {@code walks.c}, recorded on this machine, so that its own libraries are on the stacks. */
public final class Recordings {
    private static List<Snapshot> recorded = List.of();

    private Recordings() {}

    /** All snapshots, recorded once per test JVM. */
    public static synchronized List<Snapshot> ofThisMachine() throws IOException {
        if (recorded.isEmpty()) {
            Path program = NativeProgram.compile("walks.c", "walks", "-O2", "-fomit-frame-pointer");
            Path recording = Files.createTempFile("dwunw-walks", ".txt");
            try {
                NativeProgram.run(List.of(program.toString(), recording.toString()));
                recorded = Snapshot.parse(Files.readAllLines(recording), X86_64.ARCHITECTURE, ByteOrder.LITTLE_ENDIAN);
            } finally {
                Files.delete(recording);
            }
        }
        return recorded;
    }

    /** The snapshot of this name. */
    public static Snapshot named(String name) throws IOException {
        return ofThisMachine().stream()
                .filter(snapshot -> snapshot.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IOException("no snapshot " + name));
    }
}

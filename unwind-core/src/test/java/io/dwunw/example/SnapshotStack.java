// SPDX-License-Identifier: MIT
package io.dwunw.example;

import io.dwunw.Capture;
import io.dwunw.Dwunw;
import io.dwunw.Frame;
import io.dwunw.UnwindRequest;
import io.dwunw.arch.X86_64;
import io.dwunw.module.LoadedModule;
import io.dwunw.module.ModuleMap;
import io.dwunw.module.ProcessImages;
import io.dwunw.symbol.Symbol;
import io.dwunw.symbol.Symboliser;
import io.dwunw.testkit.Snapshot;
import io.dwunw.testkit.SnapshotMemory;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Example: prints the stack of a thread from a snapshot that it took of itself (registers, maps, stack bytes), as a
 * core file holds them. {@code src/test/c/snapshot.h} takes such snapshots.
 */
public final class SnapshotStack {
    private SnapshotStack() {}

    /**
     * Prints every snapshot of a recording.
     *
     * @param arguments the recording's path
     */
    public static void main(String[] arguments) throws IOException {
        print(Path.of(arguments[0]), System.out);
    }

    static void print(Path recording, PrintStream out) throws IOException {
        try (Dwunw dwunw = Dwunw.open();
                Symboliser symboliser = new Symboliser()) {
            for (Snapshot snapshot :
                    Snapshot.parse(Files.readAllLines(recording), X86_64.ARCHITECTURE, ByteOrder.LITTLE_ENDIAN)) {
                ModuleMap modules = new ModuleMap(ProcessImages.ofSelf(null));
                modules.update(snapshot.maps());
                Capture capture = dwunw.capture(UnwindRequest.of(snapshot.registers(), modules)
                        .withMemory(new SnapshotMemory(snapshot.stack())));
                out.println(snapshot.name() + ": " + capture.status());
                for (Frame frame : capture.frames()) {
                    out.printf("  %016x  %s%n", frame.pc(), place(symboliser, frame));
                }
                out.println(
                        "  " + capture.frames().get(capture.frames().size() - 1).stop());
            }
        }
    }

    private static String place(Symboliser symboliser, Frame frame) {
        LoadedModule module = frame.module();
        if (module == null) {
            return "?";
        }
        Symbol symbol = symboliser.symbolise(module, module.svma(frame.lookupAvma()));
        String file = module.name() + "+0x" + Long.toHexString(module.svma(frame.pc()));
        return symbol.isKnown() ? file + "  " + symbol.name() : file;
    }
}

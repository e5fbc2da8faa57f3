// SPDX-License-Identifier: MIT
package io.dwunw.it.program;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Opens libraries in a row, each with a random name as those have that programs unpack, and each allocates as soon as
 * it is there.
 */
public final class OpenedLibraries {
    /** The number of each library is added to the size of its blocks, and its name begins with it. */
    public static final int LIBRARIES = 20;

    /** Blocks of each library. */
    public static final int BLOCKS = 3;

    public static final long SIZE = 71_000;

    private static final String USUAL = "libdwunwlate.so";
    private static final String WITHOUT_UNWIND_INFORMATION = "libdwunwbare.so";

    private OpenedLibraries() {}

    /**
     * Arguments: whether libraries {@code stay}, are {@code closed} at once, or are {@code bare} of unwind information.
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        String original = args[0].equals("bare") ? WITHOUT_UNWIND_INFORMATION : USUAL;
        Path directory = Files.createTempDirectory("dwunw-it-");
        List<Path> libraries = new ArrayList<>();
        try {
            for (int i = 0; i < LIBRARIES; i++) {
                Path copy = directory.resolve(i + "-3.49.1-" + UUID.randomUUID() + "-" + original);
                libraries.add(Files.copy(NativeBlocks.library(original), copy));
            }
            NativeBlocks.awaitTracing();
            open(libraries, args[0].equals("closed"));
            Thread.sleep(2000);
        } finally {
            for (Path library : libraries) {
                Files.delete(library);
            }
            Files.delete(directory);
        }
    }

    private static void open(List<Path> libraries, boolean close) {
        for (int i = 0; i < libraries.size(); i++) {
            if (!NativeBlocks.openAndAllocate(libraries.get(i).toString(), SIZE + i, BLOCKS, close)) {
                throw new UnsatisfiedLinkError("cannot open " + libraries.get(i));
            }
        }
    }
}

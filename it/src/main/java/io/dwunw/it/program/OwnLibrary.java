// SPDX-License-Identifier: MIT
package io.dwunw.it.program;

import java.nio.file.Path;

/** Loads a native library of its own, and says whether the JVM lets it. */
public final class OwnLibrary {
    private OwnLibrary() {}

    public static void main(String[] args) {
        Path library = Path.of(System.getProperty("dwunw.it.native"), "libdwunwit.so");
        try {
            System.load(library.toAbsolutePath().toString());
            System.out.println("loaded=true");
        } catch (RuntimeException e) {
            System.out.println("refused=" + e);
        }
    }
}

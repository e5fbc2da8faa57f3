// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Small text files by which the kernel tells of itself ({@code /proc}, {@code /sys}); tests replace them. */
@FunctionalInterface
interface ProcFiles {
    /** The running kernel's. */
    ProcFiles RUNNING = new ProcFiles() {
        @Override
        public String read(String path) throws IOException {
            // Not by Files, whose channels leave a direct buffer behind that counts against the application's.
            try (FileInputStream in = new FileInputStream(path)) {
                return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
            }
        }
    };

    String read(String path) throws IOException;

    /** Its text, or "" if it cannot be read. */
    default String readIfPresent(String path) {
        try {
            return read(path);
        } catch (IOException absent) {
            return "";
        }
    }
}

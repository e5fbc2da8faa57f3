// SPDX-License-Identifier: MIT
package io.dwunw.agent;

import java.io.FileInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Conditions that must hold before anything of the agent may be touched: checked with nothing but {@code java.base},
 * because the other classes need what is checked here.
 */
final class Preconditions {
    private static final String MAPS = "/proc/self/maps";

    private Preconditions() {}

    /** The first thing that is missing, with what to do about it, in one line; empty when tracing may start. */
    static Optional<String> firstMissing() {
        return firstMissing(
                System.getProperty("os.name", ""),
                System.getProperty("os.arch", ""),
                hasFlightRecorder(),
                mappedFiles());
    }

    /** Whether the events' module is there. */
    static boolean hasFlightRecorder() {
        return ModuleLayer.boot().findModule("jdk.jfr").isPresent();
    }

    static Optional<String> firstMissing(String system, String architecture, boolean hasJfr, String maps) {
        if (!system.equals("Linux")) {
            return Optional.of("needs Linux, this is " + system);
        }
        if (!architecture.equals("amd64")) {
            return Optional.of("needs an x86-64 JVM, this one is " + architecture);
        }
        if (maps.contains("/ld-musl-")) {
            return Optional.of("this JVM runs on musl, whose allocator is not supported; use a glibc image");
        }
        if (!hasJfr) {
            return Optional.of("module jdk.jfr is missing, and events are written through it; add it to the"
                    + " run-time image (jlink --add-modules jdk.jfr) or start with --add-modules jdk.jfr");
        }
        return Optional.empty();
    }

    private static String mappedFiles() {
        // Not by Files, whose channels take a millisecond to be ready while main waits.
        try (FileInputStream maps = new FileInputStream(MAPS)) {
            return new String(maps.readAllBytes(), StandardCharsets.ISO_8859_1);
        } catch (IOException | RuntimeException e) {
            // Without /proc the session will say precisely what it misses.
            return "";
        }
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.it.harness;

import java.nio.file.Files;
import java.nio.file.Path;

/** Places where the build has put things. */
public final class Project {
    private Project() {}

    /** The top directory of the source tree. */
    public static Path root() {
        // Set by the build; a development environment starts tests in the module or at the top.
        String configured = System.getProperty("dwunw.project");
        Path start = Path.of(configured != null ? configured : "").toAbsolutePath();
        return Files.isDirectory(start.resolve("unwind-core")) ? start : start.resolveSibling("");
    }

    public static Path agentJar() {
        return root().resolve("agent/target/dwunw-agent.jar");
    }

    /** The programs under test. */
    public static Path programs() {
        return root().resolve("it/target/classes");
    }

    /** The C and C++ libraries of the programs. */
    public static Path nativeLibraries() {
        return root().resolve("it/target/native");
    }

    /** Where test runs leave their files. */
    public static Path runs() {
        return root().resolve("it/target/it-runs");
    }
}

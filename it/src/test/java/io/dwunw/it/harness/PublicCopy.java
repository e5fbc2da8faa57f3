// SPDX-License-Identifier: MIT
package io.dwunw.it.harness;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * A command whose jar, classes and working directory any user may use, in a directory that goes when this is closed.
 */
public final class PublicCopy implements AutoCloseable {
    private final Path directory;
    private final JvmCommand command;

    private PublicCopy(Path directory, JvmCommand command) {
        this.directory = directory;
        this.command = command;
    }

    public static PublicCopy of(JvmCommand original) throws IOException {
        return of(original, Path.of(System.getProperty("java.io.tmpdir")));
    }

    /** A copy in another place than the temporary directory. */
    public static PublicCopy of(JvmCommand original, Path parent) throws IOException {
        Path directory = Files.createTempDirectory(parent, "dwunw-it-public");
        permit(directory, "rwxr-xr-x");
        Path jar = Files.copy(original.agentJar(), directory.resolve("dwunw-agent.jar"));
        permit(jar, "rw-r--r--");
        Path classes = directory.resolve("classes");
        copyTree(original.programs(), classes);
        Path work = Files.createDirectory(directory.resolve("work"));
        permit(work, "rwxrwxrwx");
        return new PublicCopy(directory, original.in(jar, classes, work));
    }

    public JvmCommand command() {
        return command;
    }

    @Override
    public void close() throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private static void copyTree(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path copy = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectory(copy);
                    permit(copy, "rwxr-xr-x");
                } else {
                    Files.copy(file, copy);
                    permit(copy, "rw-r--r--");
                }
            }
        }
    }

    private static void permit(Path path, String permissions) throws IOException {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
    }
}

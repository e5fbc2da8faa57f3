// SPDX-License-Identifier: MIT
package io.dwunw.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Compiles the C programs of {@code src/test/c} and runs programs; both belong to every machine that builds this. */
public final class NativeProgram {
    private static final Path SOURCES = Path.of("src", "test", "c");
    private static final Path TARGET = Path.of("target", "native");
    private static final long LIMIT_SECONDS = 60;

    private NativeProgram() {}

    /** Compiles a source file of {@code src/test/c} to {@code target/native/output}. */
    public static Path compile(String source, String output, String... options) throws IOException {
        return compile(SOURCES.resolve(source), output, options);
    }

    /** Compiles a source file to {@code target/native/output}. */
    public static Path compile(Path source, String output, String... options) throws IOException {
        Files.createDirectories(TARGET);
        Path result = TARGET.resolve(output).toAbsolutePath();
        List<String> command = new ArrayList<>(List.of("gcc", "-Wall", "-Wextra"));
        command.addAll(List.of(options));
        command.addAll(List.of("-o", result.toString(), source.toString(), "-ldl", "-lpthread"));
        run(command);
        return result;
    }

    /** Runs a program to its end and returns what it printed, errors included. */
    public static List<String> run(List<String> command) throws IOException {
        Path output = Files.createTempFile("dwunw-test", ".out");
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IOException("took too long: " + command);
            }
            List<String> lines = Files.readAllLines(output);
            if (process.exitValue() != 0) {
                throw new IOException(command + " failed: " + lines);
            }
            return lines;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        } finally {
            Files.delete(output);
        }
    }
}

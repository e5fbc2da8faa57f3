// SPDX-License-Identifier: MIT
package io.dwunw.it.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.opentest4j.AssertionFailedError;

/** Runs a command to its end. */
public final class Tool {
    private static final long TIMEOUT_SECONDS = 240;

    private Tool() {}

    /** Exit code and output of a command, both streams together. */
    public record Result(int exitCode, String output) {}

    /** A tool of a JDK; its output. Fails unless it exits with 0. */
    public static String run(Jdk jdk, String tool, String... arguments) {
        Result result = command(Map.of(), words(jdk.tool(tool).toString(), arguments));
        if (result.exitCode() != 0) {
            throw new AssertionFailedError(
                    tool + " " + List.of(arguments) + " exits with " + result.exitCode() + "\n" + result.output());
        }
        return result.output();
    }

    /** As {@link #run}, for diagnostics: the output, whatever happened. */
    static String tryRun(Jdk jdk, String tool, String... arguments) {
        try {
            return command(Map.of(), words(jdk.tool(tool).toString(), arguments))
                    .output();
        } catch (AssertionError | RuntimeException e) {
            return tool + ": " + e;
        }
    }

    /** Any command, with more variables in its environment. */
    public static Result command(Map<String, String> environment, String... words) {
        try {
            // A file, so that a large output cannot block the command.
            Path output = Files.createTempFile("dwunw-it", ".out");
            try {
                ProcessBuilder builder =
                        new ProcessBuilder(words).redirectErrorStream(true).redirectOutput(output.toFile());
                builder.environment().putAll(environment);
                Process process = builder.start();
                process.getOutputStream().close();
                if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                    throw new AssertionFailedError(List.of(words) + " does not end\n" + text(output));
                }
                return new Result(process.exitValue(), text(output));
            } finally {
                Files.delete(output);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    static String[] words(String first, String... more) {
        return Stream.concat(Stream.of(first), Stream.of(more)).toArray(String[]::new);
    }

    private static String text(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }
}

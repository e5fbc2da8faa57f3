// SPDX-License-Identifier: MIT
package io.dwunw.it.peers;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs a command to its end, with its output in files, so that no reader of ours disturbs it. */
final class Command {
    private static final long TIMEOUT_SECONDS = 120;

    private Command() {}

    /**
     * Outcome of a command.
     *
     * @param millis from start to end
     */
    record Outcome(int exitCode, List<String> out, List<String> err, double millis) {
        /** The last lines, for people. */
        String tail() {
            List<String> lines = err.isEmpty() ? out : err;
            return String.join(" / ", lines.subList(Math.max(0, lines.size() - 2), lines.size()));
        }
    }

    static Outcome run(Path directory, Map<String, String> environment, List<String> words)
            throws IOException, InterruptedException {
        Path out = directory.resolve("stdout.txt");
        Path err = directory.resolve("stderr.txt");
        ProcessBuilder builder = new ProcessBuilder(words)
                .directory(directory.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().keySet().removeAll(List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"));
        builder.environment().putAll(environment);
        long start = System.nanoTime();
        Process process = builder.start();
        try {
            if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                throw new IOException("does not end within " + TIMEOUT_SECONDS + " s: " + words);
            }
            double millis = (System.nanoTime() - start) / 1e6;
            return new Outcome(process.exitValue(), lines(out), lines(err), millis);
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private static List<String> lines(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8)
                .lines()
                .toList();
    }
}

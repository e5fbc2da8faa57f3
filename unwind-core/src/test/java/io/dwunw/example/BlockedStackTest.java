// SPDX-License-Identifier: MIT
package io.dwunw.example;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.dwunw.Dwunw;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** Test of the example in {@code docs/unwinder.md}: it runs as the page says, and compiles without a warning. */
@EnabledIfSystemProperty(named = "os.arch", matches = "amd64")
final class BlockedStackTest {
    private static final int TRIES = 20;
    private static final Path BIN = Path.of(System.getProperty("java.home"), "bin");

    @TempDir
    private Path directory;

    @Test
    void theExampleOfTheDocumentationPrintsTheStackOfASleepingProcess() throws Exception {
        Path source = example();
        Process sleeper = new ProcessBuilder("/bin/sleep", "60").start();
        try {
            Path syscall = Path.of("/proc/" + sleeper.pid() + "/syscall");
            assumeTrue(mayRead(syscall), "this process may not trace its child");
            // Until exec and the start of the program are over, its stack is another.
            String printed = "";
            for (int i = 0; i < TRIES && !printed.contains("nanosleep"); i++) {
                printed = run("java", "-cp", classes(), source.toString(), String.valueOf(sleeper.pid()));
            }
            assertThat(printed.lines())
                    .anyMatch(name -> name.contains("nanosleep"))
                    .anyMatch(name -> name.contains("libc_start_main"));
        } finally {
            sleeper.destroyForcibly().waitFor();
        }
    }

    @Test
    void theExampleOfTheDocumentationCompilesWithoutAWarning() throws Exception {
        String source = example().toString();
        assertThat(run("javac", "-Xlint:all", "-proc:none", "-d", directory.toString(), "-cp", classes(), source))
                .isEmpty();
        assertThat(directory.resolve("BlockedStack.class")).exists();
    }

    private Path example() throws IOException {
        String page = Files.readString(Path.of("..", "docs", "unwinder.md"));
        String fence = "```java\n";
        int start = page.indexOf(fence) + fence.length();
        Path source = directory.resolve("BlockedStack.java");
        return Files.writeString(source, page.substring(start, page.indexOf("```", start)));
    }

    private static String classes() throws URISyntaxException {
        return Path.of(Dwunw.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toURI())
                .toString();
    }

    /** Runs a program of the JDK; what it prints, both streams together. */
    private static String run(String name, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(BIN.resolve(name).toString()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return printed;
    }

    private static boolean mayRead(Path syscall) {
        try {
            return !Files.readString(syscall).isEmpty();
        } catch (IOException notPermitted) {
            return false;
        }
    }
}

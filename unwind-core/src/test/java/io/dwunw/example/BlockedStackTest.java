package io.dwunw.example;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

@EnabledIfSystemProperty(named = "os.arch", matches = "amd64")
final class BlockedStackTest {
    private static final int TRIES = 500;

    @Test
    void theExamplePrintsTheStackOfASleepingProcess() throws Exception {
        Process sleeper = new ProcessBuilder("/bin/sleep", "60").start();
        try {
            Path syscall = Path.of("/proc/" + sleeper.pid() + "/syscall");
            assumeTrue(mayRead(syscall), "this process may not trace its child");
            ByteArrayOutputStream printed = new ByteArrayOutputStream();
            for (int i = 0;
                    i < TRIES && !printed.toString(StandardCharsets.UTF_8).contains("nanosleep");
                    i++) {
                Thread.sleep(10);
                if (!Files.readString(syscall).startsWith("running")) {
                    printed.reset();
                    BlockedStack.print(sleeper.pid(), new PrintStream(printed, true, StandardCharsets.UTF_8));
                }
            }
            assertThat(printed.toString(StandardCharsets.UTF_8).lines())
                    .anyMatch(name -> name.contains("nanosleep"))
                    .anyMatch(name -> name.contains("libc_start_main"));
        } finally {
            sleeper.destroyForcibly().waitFor();
        }
    }

    @Test
    void theReadmeShowsThisExample() throws IOException {
        String source = Files.readString(Path.of("src", "test", "java", "io", "dwunw", "example", "BlockedStack.java"));
        String readme = Files.readString(Path.of("..", "README.md"));
        int start = readme.indexOf("```java\n") + "```java\n".length();
        String shown = readme.substring(start, readme.indexOf("```", start));
        assertThat(shown.lines()).hasSizeGreaterThan(12);
        assertThat(withoutSpace(source)).contains(withoutSpace(shown));
    }

    private static String withoutSpace(String text) {
        return text.replaceAll("\\s", "");
    }

    private static boolean mayRead(Path syscall) {
        try {
            return !Files.readString(syscall).isEmpty();
        } catch (IOException notPermitted) {
            return false;
        }
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.it.harness.Jdk;
import io.dwunw.it.harness.Project;
import io.dwunw.it.harness.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./demo} in a fresh clone, on a machine that lacks what it needs: one line says what. */
final class DemoPrerequisitesTest {
    private static final List<String> ALWAYS_INSTALLED =
            List.of("bash", "sh", "dirname", "readlink", "find", "mkdir", "rm", "head", "cat");

    @TempDir
    private Path directory;

    private Path clone = Path.of("");
    private Path programs = Path.of("");

    @BeforeEach
    void clonesWhatTheDemoChecks() throws IOException {
        clone = directory.resolve("clone");
        programs = Files.createDirectories(directory.resolve("bin"));
        for (String file : List.of("demo", "agent/src/main/native/build")) {
            Files.createDirectories(clone.resolve(file).getParent());
            Files.copy(Project.root().resolve(file), clone.resolve(file), StandardCopyOption.COPY_ATTRIBUTES);
        }
        for (String program : ALWAYS_INSTALLED) {
            program(program, "exec /usr/bin/" + program + " \"$@\"");
        }
        // A build that is reached is a failure: it would not know what is missing.
        program("mvn", "echo reached; exit 3");
        program("gcc", "exec cat >/dev/null");
    }

    @Test
    void theBuildIsReachedWhereNothingIsMissing() {
        assertThat(demo(Jdk.current().home()).output()).endsWith("reached\n");
    }

    @Test
    void noJdk() {
        assertOneLine(demo(directory), "no JDK", "JAVA_HOME");
    }

    @Test
    void noMaven() throws IOException {
        Files.delete(programs.resolve("mvn"));
        assertOneLine(demo(Jdk.current().home()), "Maven is missing");
    }

    @Test
    void noCompiler() throws IOException {
        Files.delete(programs.resolve("gcc"));
        assertOneLine(demo(Jdk.current().home()), "gcc is missing", "libc6-dev");
    }

    @Test
    void noHeaders() throws IOException {
        program("gcc", "echo 'fatal error: stdlib.h: No such file or directory' >&2; exit 1");
        assertOneLine(demo(Jdk.current().home()), "headers are missing", "libc6-dev");
    }

    private static void assertOneLine(Tool.Result result, String... parts) {
        assertThat(result.exitCode()).as(result.output()).isEqualTo(1);
        assertThat(result.output().lines()).singleElement().asString().contains(parts);
    }

    private Tool.Result demo(Path javaHome) {
        return Tool.command(
                Map.of("PATH", programs.toString(), "JAVA_HOME", javaHome.toString(), "CC", "gcc"),
                clone.resolve("demo").toString());
    }

    private void program(String name, String script) throws IOException {
        Path file = programs.resolve(name);
        Files.writeString(file, "#!/bin/sh\n" + script + "\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }
}

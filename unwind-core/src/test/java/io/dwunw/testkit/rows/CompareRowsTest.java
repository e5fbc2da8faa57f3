// SPDX-License-Identifier: MIT
package io.dwunw.testkit.rows;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.testkit.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code it/compare-rows} as its users see it. */
final class CompareRowsTest {
    private static final Path SCRIPT = Path.of("..", "it", "compare-rows");
    private static final Path FIXTURE = Path.of("src", "test", "resources", "fixtures", "aarch64");
    private static final Path READELF = Path.of("/usr/bin/readelf");

    @TempDir
    Path directory = Path.of("");

    private String printed = "";

    @Test
    void itPrintsRowsAndDifferencesAndExitsWithZero() throws Exception {
        assertThat(compare(FIXTURE, FIXTURE)).isZero();
        assertThat(printed)
                .containsPattern("aarch64: \\d+ FDEs, \\d+ rows compared, 0 differences")
                .containsPattern("total: \\d\\d+ rows compared, 0 differences");
    }

    @Test
    void itExitsWithOneOnADifference() throws Exception {
        readelf("exec " + READELF + " \"$@\" | sed 's/c-8/c-16/'");
        assertThat(compare(FIXTURE)).isOne();
        assertThat(printed).contains(" / ours: ").doesNotContain(" 0 differences");
    }

    @Test
    void itExitsWithOneIfReadelfSawLess() throws Exception {
        readelf("exec " + READELF + " \"$@\" | head -n 30");
        assertThat(compare(FIXTURE)).isOne();
        assertThat(printed).contains(" FDEs / ours: ");
    }

    @Test
    void itExitsWithTwoIfItCannotCompare() throws Exception {
        assertThat(compare(Path.of("pom.xml"))).isEqualTo(2);
        assertThat(printed).contains("cannot be compared: not an ELF file");
        assertThat(compare()).isEqualTo(2);
    }

    /** A readelf that comes first in the path. */
    private void readelf(String command) throws IOException {
        Path fake = Files.writeString(directory.resolve("readelf"), "#!/bin/sh\n" + command + "\n");
        Files.setPosixFilePermissions(fake, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private int compare(Path... files) throws IOException, InterruptedException {
        Tool.assumeInstalled("readelf", "binutils");
        ProcessBuilder script = new ProcessBuilder(SCRIPT.toString());
        for (Path file : files) {
            script.command().add(file.toString());
        }
        Path java = Path.of(System.getProperty("java.home"), "bin");
        script.environment().put("PATH", directory + ":" + java + ":/usr/bin:/bin");
        Path output = directory.resolve("printed");
        int exit = script.redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start()
                .waitFor();
        printed = Files.readString(output);
        return exit;
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.it.harness;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SkippedTestsTest {
    private static final Instant BEGIN = Instant.parse("2026-01-01T10:00:00Z");

    @TempDir
    private Path root;

    @Test
    void reasonsAreCountedOverAllModulesMostFrequentFirst() throws IOException {
        report("agent", "surefire", "A", 1, skipped("no JDK 25 under /usr/lib/jvm"), "<testcase name='passed'/>");
        report("it", "failsafe", "B", 2, skipped("needs BPF: Linux 4.19 is older than 5.8"));
        report("it", "failsafe", "C", 2, skipped("needs JDK_25: no JDK 25 under /usr/lib/jvm"));
        report("unwind-core", "surefire", "D", 0, skipped("Assumption failed: gdb is not installed"));
        report("it", "surefire", "E", 5, skipped("no JDK 25 under /usr/lib/jvm"), "<testcase><skipped/></testcase>");
        report(
                "it",
                "failsafe",
                "F",
                6,
                "<testcase><skipped type='org.opentest4j.TestAbortedException'>"
                        + "<![CDATA[org.opentest4j.TestAbortedException: Assumption failed: not on this JDK\n\tat a.B.c]]>"
                        + "</skipped></testcase>");
        assertThat(summary().lines())
                .containsExactly(
                        "Tests skipped: 7",
                        "     3  no JDK 25 under /usr/lib/jvm",
                        "     1  Linux 4.19 is older than 5.8",
                        "     1  gdb is not installed",
                        "     1  no reason given",
                        "     1  not on this JDK");
    }

    @Test
    void reportsOfAnEarlierBuildDoNotCount() throws IOException {
        report("agent", "surefire", "A", -1, skipped("no JDK 25 under /usr/lib/jvm"));
        assertThat(summary().lines()).containsExactly("No test was skipped.");
    }

    @Test
    void aReportThatIsCutOffIsNotPassedOver() throws IOException {
        report("agent", "surefire", "A", 1, "<testcase>");
        assertThat(summary()).startsWith("Tests skipped: 1").contains("TEST-A.xml cannot be read");
    }

    private String summary() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        SkippedTests.print(root, BEGIN, new PrintStream(out, true, StandardCharsets.UTF_8));
        return out.toString(StandardCharsets.UTF_8);
    }

    private void report(String module, String kind, String name, int second, String... tests) throws IOException {
        Path directory = Files.createDirectories(root.resolve(module + "/target/" + kind + "-reports"));
        Path file = directory.resolve("TEST-" + name + ".xml");
        Files.writeString(file, "<testsuite>" + String.join("", tests) + "</testsuite>");
        Files.setLastModifiedTime(file, FileTime.from(BEGIN.plusSeconds(second)));
    }

    private static String skipped(String message) {
        return "<testcase name='a'><skipped message='" + message + "'/></testcase>";
    }
}

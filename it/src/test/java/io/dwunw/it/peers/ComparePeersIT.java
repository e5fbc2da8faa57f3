// SPDX-License-Identifier: MIT
package io.dwunw.it.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.it.harness.Project;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command runs, and what it claims to have measured has happened. No time is judged. */
final class ComparePeersIT {
    @Test
    void theHooksAreComparedWithNoAgent(@TempDir Path directory) throws IOException, InterruptedException {
        Path markdown = directory.resolve("report.md");
        String report =
                run("--rounds", "1", "--millis", "1000", "unsafe-1", "hooks-self", "--markdown", markdown.toString());
        List<String> rows = report.lines().filter(line -> line.startsWith("|")).toList();
        assertThat(rows).as(report).hasSize(8);
        assertThat(report).doesNotContain("invalid").contains("JDK " + System.getProperty("java.version"));
        assertThat(rows.get(2)).matches("\\| no agent +\\| [0-9.,]+ +\\|");
        assertThat(rows.get(3)).matches("\\| dwunw `engine=hooks-self`, 512k +\\| [0-9.,]+ \\(×[0-9.,]+\\) +\\|");
        assertThat(Files.readString(markdown)).isEqualTo(report);
    }

    private static String run(String... args) throws IOException, InterruptedException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ComparePeers.run(List.of(args), Project.root(), new PrintStream(out, true, StandardCharsets.UTF_8));
        return out.toString(StandardCharsets.UTF_8);
    }
}

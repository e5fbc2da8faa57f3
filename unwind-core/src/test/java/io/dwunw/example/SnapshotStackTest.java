// SPDX-License-Identifier: MIT
package io.dwunw.example;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.testkit.NativeProgram;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

@EnabledIfSystemProperty(named = "os.arch", matches = "amd64")
final class SnapshotStackTest {
    @Test
    void theExamplePrintsTheStackDownToTheEnd() throws IOException {
        Path program = NativeProgram.compile("walks.c", "walks-example", "-O2");
        Path recording = program.resolveSibling("example.txt");
        NativeProgram.run(List.of(program.toString(), recording.toString()));
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        SnapshotStack.print(recording, new PrintStream(printed, true, StandardCharsets.UTF_8));
        assertThat(printed.toString(StandardCharsets.UTF_8))
                .contains("qsort: OK", "libc.so.6+0x", "walks-example+0x", "  qsort", "  main", "END_OF_STACK");
    }
}

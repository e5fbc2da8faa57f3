// SPDX-License-Identifier: MIT
package io.dwunw.it.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

final class LeakReportTest {
    private static final String FREED_SINCE = event(1, "aa", 9_000_000, "libc malloc", "app/Old old");
    private static final String GREW = event(1, "bb", 100, "libc malloc", "app/Main leak");
    private static final String LATEST = event(
            2,
            "bb",
            3 << 20,
            "libc malloc",
            "libz inflateInit2_",
            "\u2060java/lang/Thread run",
            "app/Main leak",
            "app/Main main");
    private static final String ONE_SAMPLE = event(2, "dd", 8 << 20, "libc malloc", "app/Main start")
            .replace("\"outstandingLow\":" + (8 << 20), "\"outstandingLow\":" + (300 << 10));
    private static final String SMALLER =
            event(2, "cc", 2048, "libc malloc", "libjvm os::malloc", "dwunw stack", "io/dwunw/jfr/ReplayThread run");

    @Test
    void keepsTheLastChunkAloneAndSortsByWhatIsSure() throws IOException {
        List<Leak> leaks = read(FREED_SINCE, SMALLER, ONE_SAMPLE, GREW, LATEST).leaks();
        assertThat(leaks).extracting(Leak::site).containsExactly("bb", "dd", "cc");
        assertThat(leaks.get(0).outstanding()).isEqualTo(3 << 20);
    }

    @Test
    void printsTheStackDownToTheApplication() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        LeakReport.print(read(SMALLER, LATEST), 5, new PrintStream(out, true, StandardCharsets.UTF_8));
        List<String> lines = out.toString(StandardCharsets.UTF_8).lines().toList();
        assertThat(lines.get(0)).isEqualTo("2 sites hold 3.0 MiB; the largest:");
        assertThat(lines.get(3)).containsSubsequence("1", "3.0 MiB", "7", "bb", "libc.malloc()");
        assertThat(lines.get(4)).endsWith(" libz.inflateInit2_()");
        assertThat(lines.get(5)).endsWith(" java.lang.Thread.run()");
        assertThat(lines.get(6)).endsWith(" app.Main.leak()");
        assertThat(lines).noneMatch(line -> line.contains("Main.main"));
        assertThat(lines.get(8)).containsSubsequence("2", "2.0 KiB", "cc", "libc.malloc()");
        assertThat(lines.get(9)).endsWith(" libjvm.os::malloc()");
        assertThat(lines).noneMatch(line -> line.contains("dwunw.stack") || line.contains("ReplayThread"));
    }

    @Test
    void anEmptyRecordingHasNoLeaks() throws IOException {
        assertThat(read().leaks()).isEmpty();
    }

    @Test
    void aLastReportThatIsEmptyIsTheLastOneAllTheSame() throws IOException {
        LeakReport.Findings findings = read(head(2, 5), GREW, head(3, 77_000), LATEST);
        assertThat(findings.leaks()).isEmpty();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        LeakReport.print(findings, 5, new PrintStream(out, true, StandardCharsets.UTF_8));
        assertThat(out.toString(StandardCharsets.UTF_8).lines())
                .containsExactly(
                        "No native leaks in this recording.",
                        "younger blocks: 3, 75.2 KiB (not old enough to be called a leak)");
    }

    @Test
    void whatIsYoungerIsOneLineBelowTheLeaks() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        LeakReport.print(read(head(2, 2 << 20), LATEST), 5, new PrintStream(out, true, StandardCharsets.UTF_8));
        List<String> lines = out.toString(StandardCharsets.UTF_8).lines().toList();
        assertThat(lines.get(0)).startsWith("1 sites hold");
        assertThat(lines.get(lines.size() - 1)).startsWith("younger blocks: 2, 2.0 MiB");
    }

    private static String head(int report, long youngerBytes) {
        return "{\"type\":\"dwunw.NativeLeakReport\",\"values\":{\"report\":" + report
                + ",\"sites\":1,\"youngerBlocks\":" + report + ",\"youngerBytes\":" + youngerBytes + "}}";
    }

    private static LeakReport.Findings read(String... events) throws IOException {
        return LeakReport.read(new StringReader("{\"recording\":{\"events\":[" + String.join(",", events) + "]}}"));
    }

    private static String event(int report, String site, long bytes, String... frames) {
        StringBuilder stack = new StringBuilder();
        for (String frame : frames) {
            String[] parts = frame.split(" ", 2);
            stack.append(stack.length() == 0 ? "" : ",")
                    .append("{\"lineNumber\":-1,\"method\":{\"name\":\"")
                    .append(parts[1])
                    .append("\",\"type\":{\"name\":\"")
                    .append(parts[0])
                    .append("\"}}}");
        }
        return "{\"type\":\"dwunw.NativeLeak\",\"values\":{\"report\":" + report + ",\"outstanding\":" + bytes
                + ",\"outstandingLow\":" + bytes + ",\"outstandingBlocks\":7,\"site\":\"" + site
                + "\",\"stackTrace\":{\"truncated\":false,\"frames\":["
                + stack + "]}}}";
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.it.sources;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Comments are plain modern English, each to be understood by itself, in lines that fit on a screen. */
final class LanguageTest {
    private static final int WIDTH = 120;

    @Test
    void linesWithCommentsFitIntoTheWidthOfCode() throws IOException {
        List<String> tooLong = new ArrayList<>();
        int seen = 0;
        for (SourceFile file : SourceFile.all()) {
            if (file.kind() == SourceFile.Kind.MARKDOWN) {
                continue;
            }
            for (Comments.Line line : Comments.of(file)) {
                seen++;
                if (file.lines().get(line.number() - 1).length() > WIDTH) {
                    tooLong.add(file.path() + ":" + line.number());
                }
            }
        }
        assertThat(seen).isGreaterThan(1000);
        assertThat(tooLong)
                .as("comment lines of more than " + WIDTH + " characters")
                .isEmpty();
    }
}

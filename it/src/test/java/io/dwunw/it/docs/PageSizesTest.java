// SPDX-License-Identifier: MIT
package io.dwunw.it.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.it.harness.Project;
import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pages that are read first stay short. */
final class PageSizesTest {
    @ParameterizedTest
    @CsvSource({"README.md, 7", "ARCHITECTURE.md, 8"})
    void firstPagesStayShort(String page, long kibibytes) throws IOException {
        assertThat(Files.size(Project.root().resolve(page))).isLessThanOrEqualTo(kibibytes << 10);
    }
}

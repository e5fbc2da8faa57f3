// SPDX-License-Identifier: MIT
package io.dwunw.it.sources;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Each source file says under which licence it is, where tools look for it. */
final class LicenceTest {
    private static final String IDENTIFIER = "SPDX-License-Identifier: MIT";

    @Test
    void everySourceFileNamesItsLicenceInItsFirstLines() throws IOException {
        List<SourceFile> sources = SourceFile.all().stream()
                .filter(file -> file.kind() != SourceFile.Kind.MARKDOWN)
                .toList();

        assertThat(sources).map(SourceFile::kind).contains(SourceFile.Kind.JAVA, SourceFile.Kind.C);
        assertThat(sources).map(SourceFile::path).contains("demo", ".ci/run", "unwind-core/src/test/gdb/elf.py");
        assertThat(sources)
                .filteredOn(file -> !namesItsLicence(file))
                .as("files without \"" + IDENTIFIER + "\" in their first two lines")
                .map(SourceFile::path)
                .isEmpty();
    }

    private static boolean namesItsLicence(SourceFile file) {
        return file.lines().stream().limit(2).anyMatch(line -> line.contains(IDENTIFIER));
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AllocatorPairTest {
    @ParameterizedTest
    @CsvSource({
        "libfoo.so, /opt/libfoo.so, true",
        "libfoo.so, /opt/libfoo.so.1.2, true",
        "libfoo.so, /opt/libfoo.sox, false",
        "libfoo.so, /opt/libfoo2.so, false",
        "libduckdb_java*.so, /tmp/libduckdb_java1234567890.so, true",
        "libduckdb_java*.so, /tmp/libduckdb_java.so, true",
        "libduckdb_java*.so, /tmp/libduckdb_java12.so.1, true",
        "libduckdb_java*.so, /tmp/xlibduckdb_java12.so, false",
        "libduckdb_java*.so, /tmp/libduckdb_java12.so (deleted), true",
        "*duck*db*, /tmp/a-duckdb-b, true",
        "*duck*db, /tmp/duckdbduck, false",
        "/tmp/*/libfoo.so, /tmp/a/libfoo.so, true",
        "/tmp/*/libfoo.so, /opt/a/libfoo.so, false",
        "/tmp/libfoo.so, /tmp/libfoo.so, true",
    })
    void aLibraryIsFoundByItsNameOrPattern(String library, String path, boolean found) {
        AllocatorPair pair = new AllocatorPair(library, "new", 1, 0, 0, 0, "free", 1);
        assertThat(pair.isIn(new Mapping(0, 4096, true, 0, 1, path))).isEqualTo(found);
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FrameNameTest {
    @ParameterizedTest
    @CsvSource({
        "libz.so.1.2.13, libz",
        "libc.so.6, libc",
        "/usr/lib/jvm/lib/server/libjvm.so, libjvm",
        "java, java",
        "libfoo-1.2.so, libfoo-1·2",
        "ld-linux-x86-64.so.2, ld-linux-x86-64",
        "lib.sole.so, lib·sole",
        "my.app, my·app",
        ".so, ·so",
        "[vdso], [vdso]"
    })
    void aLibraryIsCalledByItsBaseName(String file, String expected) {
        assertThat(FrameName.ofNative(file, "f", "").className()).isEqualTo(expected);
    }
}

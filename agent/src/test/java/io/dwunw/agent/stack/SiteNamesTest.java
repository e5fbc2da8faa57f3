// SPDX-License-Identifier: MIT
package io.dwunw.agent.stack;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SiteNamesTest {
    @ParameterizedTest
    @CsvSource({
        "libc.so.6, libc",
        "libstdc++.so.6.0.30, libstdc++",
        "libfoo-1.2.3.so, libfoo",
        "libnetty_tcnative_linux_x86_6414253647.so, libnetty-tcnative-linux-x",
        "sqlite-3.49.1.0-ab6c76cb-bfc3-4aaf-8a3f-de31f1e79fc6-libsqlitejdbc.so, sqlite-libsqlitejdbc",
        "jansi-2.4.0-8b1d0e5f33c7a0a2-libjansi.so, jansi-libjansi",
        "jna1234567.tmp, jna",
        "[vdso], [vdso]",
        // Words that only look like hexadecimal numbers.
        "libfacade.so, libfacade",
        "libdeadbeef.so, libdeadbeef",
        "cafebabe-x.so, cafebabe-x",
        // Nothing but numbers.
        "12345.so, 12345",
        ".so, so",
        "'', ''",
    })
    void aLibraryHasNeitherVersionNorRandomNumber(String fileName, String name) {
        assertThat(SiteNames.library(fileName)).isEqualTo(name);
    }

    @ParameterizedTest
    @CsvSource({
        "java.util.zip.Inflater, java.util.zip.Inflater",
        "p.A$Inner, p.A$Inner",
        "p.A$$SpringCGLIB$$0, p.A",
        "p.A$$FastClassBySpringCGLIB$$12ab, p.A",
        "p.A_$$_jvst12f_0, p.A",
        "p.A$MockitoMock$1234567, p.A",
        "$$Generated, $$Generated",
        "p.$$Generated, p.$$Generated",
    })
    void aGeneratedClassIsThatWhichItWasGeneratedFor(String className, String name) {
        assertThat(SiteNames.className(className)).isEqualTo(name);
    }
}

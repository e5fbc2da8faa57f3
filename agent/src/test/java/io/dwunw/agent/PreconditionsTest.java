// SPDX-License-Identifier: MIT
package io.dwunw.agent;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PreconditionsTest {
    private static final String GLIBC = "7f00-7f01 r-xp 0 08:01 1 /usr/lib/x86_64-linux-gnu/libc.so.6\n";

    @Test
    void linuxWithGlibcAndFlightRecorderMayTrace() {
        assertThat(Preconditions.firstMissing("Linux", "amd64", true, GLIBC)).isEmpty();
        assertThat(Preconditions.firstMissing()).isEmpty();
    }

    @Test
    void whatIsMissingIsNamedWithAWayOut() {
        assertThat(Preconditions.firstMissing("Windows 11", "amd64", true, ""))
                .hasValueSatisfying(line -> assertThat(line).contains("needs Linux, this is Windows 11"));
        assertThat(Preconditions.firstMissing("Linux", "aarch64", true, GLIBC))
                .hasValueSatisfying(line -> assertThat(line).contains("x86-64").contains("aarch64"));
        assertThat(Preconditions.firstMissing(
                        "Linux", "amd64", true, "7f00-7f01 r-xp 0 08:01 1 /lib/ld-musl-x86_64.so.1"))
                .hasValueSatisfying(line -> assertThat(line).contains("musl").contains("glibc image"));
        assertThat(Preconditions.firstMissing("Linux", "amd64", false, GLIBC))
                .hasValueSatisfying(line -> assertThat(line).contains("--add-modules jdk.jfr"));
    }
}

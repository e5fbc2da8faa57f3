// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MappingTest {
    @Test
    void linesAreReadAsProcDescribesThem() {
        String maps = """
                00400000-00401000 r--p 00000000 08:01 42                                 /opt/a b/libc.so.6
                7f00-7f01 r-xp 00001000 08:01 4294967297 /usr/lib/libc.so.6 (deleted)
                7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0                          [stack]
                ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
                10000-20000 rw-p 00000000 00:00 0
                nonsense
                12-zz r--p 0 08:01 1 x
                - - -

                """;
        assertThat(Mapping.parse(maps))
                .containsExactly(
                        new Mapping(0x400000, 0x401000, false, 0, 42, "/opt/a b/libc.so.6"),
                        new Mapping(0x7f00, 0x7f01, true, 0x1000, 4294967297L, "/usr/lib/libc.so.6 (deleted)"),
                        new Mapping(0x7ffc00000000L, 0x7ffc00021000L, false, 0, 0, "[stack]"),
                        new Mapping(0xffffffffff600000L, 0xffffffffff601000L, true, 0, 0, "[vsyscall]"),
                        new Mapping(0x10000, 0x20000, false, 0, 0, ""));
        Mapping deleted = Mapping.parse(maps).get(1);
        assertThat(deleted.isDeleted()).isTrue();
        assertThat(deleted.fileName()).isEqualTo("libc.so.6");
        assertThat(deleted.contains(0x7f00)).isTrue();
        assertThat(deleted.contains(0x7f01)).isFalse();
        assertThat(Mapping.parse(maps).get(3).contains(0xffffffffff600fffL)).isTrue();
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.bytes.Bytes;
import java.nio.ByteOrder;
import java.util.HexFormat;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProbeInstructionTest {
    @ParameterizedTest
    @CsvSource({
        "41545553, 0", // push r12
        "55, 0",
        "f30f1efa4154, 4", // endbr64; push r12
        "f30f1efa4885ff0f84bf000000, 7", // endbr64; test rdi, rdi; je
        "4885ff0f84bf000000, 3", // glibc's free
        "4885ff7405, 3",
        "803d710e14000074 07, 7", // cmp byte [rip], 0; je: glibc's memalign
        "4189ca41f7c1ff0f00007514, 10", // glibc's mmap
        "4989ca55, 3",
        "4889f048f7e2, 0", // mov rax, rsi: nothing better follows
        "f30f1efab80b000000, 0", // endbr64; mov eax, 11: the start is as good as any
        "b80b0000000f05, 0",
        "4883ec58, 0", // sub rsp would move the arguments of the stack
        "4885ff, 0",
        "'', 0",
        "eb10, 0",
        "e900000000, 0",
        "90c3, 0",
        "c3, 0"
    })
    void theFirstEmulatedInstructionIsTaken(String hex, int offset) {
        byte[] code = HexFormat.of().parseHex(hex.replace(" ", ""));
        assertThat(ProbeInstruction.offset(Bytes.of(code, ByteOrder.LITTLE_ENDIAN)))
                .isEqualTo(offset);
    }
}

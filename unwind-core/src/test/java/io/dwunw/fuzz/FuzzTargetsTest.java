// SPDX-License-Identifier: MIT
package io.dwunw.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;

/** Entry points for Jazzer: {@code unwind-core/fuzz} runs each for five minutes, a normal build repeats the corpus. */
final class FuzzTargetsTest {
    @FuzzTest(maxDuration = "5m")
    void elf(byte[] data) {
        Decoding.elf(data);
    }

    @FuzzTest(maxDuration = "5m")
    void cfi(byte[] data) {
        Decoding.cfi(data);
    }

    @FuzzTest(maxDuration = "5m")
    void expression(byte[] data) {
        Decoding.expression(data);
    }

    @FuzzTest(maxDuration = "5m")
    void ehFrameHdr(byte[] data) {
        Decoding.ehFrameHdr(data);
    }
}

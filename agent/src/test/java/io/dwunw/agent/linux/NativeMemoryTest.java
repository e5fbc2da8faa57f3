// SPDX-License-Identifier: MIT
package io.dwunw.agent.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class NativeMemoryTest {
    private static final int PAGE = 4096;

    @BeforeAll
    static void load() throws Exception {
        NativeLibrary.load();
    }

    @Test
    void permanentPiecesAreZeroAlignedAndApart() {
        Set<Long> pieces = new HashSet<>();
        for (int i = 0; i < 3 * PAGE / 32; i++) {
            ByteBuffer piece = NativeMemory.permanent(24);
            assertThat(piece.capacity()).isEqualTo(24);
            assertThat(piece.getLong(0) | piece.getLong(8) | piece.getLong(16)).isZero();
            piece.putLong(0, -1).putLong(8, -1).putLong(16, -1);
            long address = Linux.address(piece);
            assertThat(address % 16).isZero();
            assertThat(pieces.add(address / 32)).isTrue();
        }
        assertThat(NativeMemory.permanent(PAGE).capacity()).isEqualTo(PAGE);
        assertThatThrownBy(() -> NativeMemory.permanent(PAGE + 1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void whatTheKernelDoesNotHaveIsRefused() {
        assertThatThrownBy(() -> NativeMemory.map(1L << 62))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("ENOMEM");
        long address = NativeMemory.map(PAGE);
        assertThat(Linux.memory(address, PAGE).getLong(PAGE - 8)).isZero();
        NativeMemory.unmap(address, PAGE);
    }
}

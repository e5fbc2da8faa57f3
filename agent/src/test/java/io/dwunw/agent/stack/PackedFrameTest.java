// SPDX-License-Identifier: MIT
package io.dwunw.agent.stack;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.agent.hotspot.JavaFrameSink;
import org.junit.jupiter.api.Test;

final class FrameTest {
    @Test
    void keepsWhatANativeFrameIs() {
        long frame = PackedFrame.nativeFrame(321, 0x3fff_ffff_ffffL, 0x7fff_0000_1234L, true);

        assertThat(PackedFrame.kind(frame)).isEqualTo(PackedFrame.Kind.NATIVE);
        assertThat(PackedFrame.moduleId(frame)).isEqualTo(321);
        assertThat(PackedFrame.svma(frame)).isEqualTo(0x3fff_ffff_ffffL);
        assertThat(PackedFrame.isReturnAddress(frame)).isTrue();
        assertThat(PackedFrame.isReturnAddress(PackedFrame.nativeFrame(321, 1, 1, false)))
                .isFalse();
    }

    @Test
    void fallsBackToTheAddressWhereANativeFrameDoesNotFit() {
        assertThat(PackedFrame.nativeFrame(1 << 15, 0x10, 0x7fff_0000_1234L, true))
                .isEqualTo(PackedFrame.raw(0x7fff_0000_1234L));
        assertThat(PackedFrame.nativeFrame(1, 1L << 46, 0x7fff_0000_1234L, true))
                .isEqualTo(PackedFrame.raw(0x7fff_0000_1234L));
        assertThat(PackedFrame.kind(PackedFrame.raw(-1))).isEqualTo(PackedFrame.Kind.RAW);
    }

    @Test
    void keepsWhatAJavaFrameIs() {
        for (int bci : new int[] {0, 1, 65_534, 65_535, JavaFrameSink.BCI_NATIVE, JavaFrameSink.BCI_UNKNOWN}) {
            long frame = PackedFrame.java(Integer.MAX_VALUE, bci, true);

            assertThat(PackedFrame.kind(frame)).isEqualTo(PackedFrame.Kind.JAVA);
            assertThat(PackedFrame.methodId(frame)).isEqualTo(Integer.MAX_VALUE);
            assertThat(PackedFrame.bci(frame)).isEqualTo(bci);
            assertThat(PackedFrame.isApproximate(frame)).isTrue();
        }
        assertThat(PackedFrame.isApproximate(PackedFrame.java(1, 2, false))).isFalse();
    }

    @Test
    void tellsStubsFromAllocators() {
        assertThat(PackedFrame.kind(PackedFrame.stub(7))).isEqualTo(PackedFrame.Kind.STUB);
        assertThat(PackedFrame.ordinal(PackedFrame.stub(7))).isEqualTo(7);
        assertThat(PackedFrame.kind(PackedFrame.allocator(9))).isEqualTo(PackedFrame.Kind.ALLOCATOR);
        assertThat(PackedFrame.ordinal(PackedFrame.allocator(9))).isEqualTo(9);
        assertThat(PackedFrame.kind(PackedFrame.notRecorded())).isEqualTo(PackedFrame.Kind.NOT_RECORDED);
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.stack;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.agent.hotspot.JavaFrameSink;
import org.junit.jupiter.api.Test;

final class FrameTest {
    @Test
    void keepsWhatANativeFrameIs() {
        long frame = Frame.nativeFrame(321, 0x3fff_ffff_ffffL, 0x7fff_0000_1234L, true);

        assertThat(Frame.kind(frame)).isEqualTo(Frame.Kind.NATIVE);
        assertThat(Frame.moduleId(frame)).isEqualTo(321);
        assertThat(Frame.svma(frame)).isEqualTo(0x3fff_ffff_ffffL);
        assertThat(Frame.isReturnAddress(frame)).isTrue();
        assertThat(Frame.isReturnAddress(Frame.nativeFrame(321, 1, 1, false))).isFalse();
    }

    @Test
    void fallsBackToTheAddressWhereANativeFrameDoesNotFit() {
        assertThat(Frame.nativeFrame(1 << 15, 0x10, 0x7fff_0000_1234L, true)).isEqualTo(Frame.raw(0x7fff_0000_1234L));
        assertThat(Frame.nativeFrame(1, 1L << 46, 0x7fff_0000_1234L, true)).isEqualTo(Frame.raw(0x7fff_0000_1234L));
        assertThat(Frame.kind(Frame.raw(-1))).isEqualTo(Frame.Kind.RAW);
    }

    @Test
    void keepsWhatAJavaFrameIs() {
        for (int bci : new int[] {0, 1, 65_534, 65_535, JavaFrameSink.BCI_NATIVE, JavaFrameSink.BCI_UNKNOWN}) {
            long frame = Frame.java(Integer.MAX_VALUE, bci, true);

            assertThat(Frame.kind(frame)).isEqualTo(Frame.Kind.JAVA);
            assertThat(Frame.methodId(frame)).isEqualTo(Integer.MAX_VALUE);
            assertThat(Frame.bci(frame)).isEqualTo(bci);
            assertThat(Frame.isApproximate(frame)).isTrue();
        }
        assertThat(Frame.isApproximate(Frame.java(1, 2, false))).isFalse();
    }

    @Test
    void tellsStubsFromAllocators() {
        assertThat(Frame.kind(Frame.stub(7))).isEqualTo(Frame.Kind.STUB);
        assertThat(Frame.ordinal(Frame.stub(7))).isEqualTo(7);
        assertThat(Frame.kind(Frame.allocator(9))).isEqualTo(Frame.Kind.ALLOCATOR);
        assertThat(Frame.ordinal(Frame.allocator(9))).isEqualTo(9);
        assertThat(Frame.kind(Frame.notRecorded())).isEqualTo(Frame.Kind.NOT_RECORDED);
    }
}

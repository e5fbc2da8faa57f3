// SPDX-License-Identifier: MIT
package io.dwunw.agent.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.agent.stack.FrameBuffer;
import io.dwunw.agent.stack.StackTrace;
import io.dwunw.agent.stack.StackTraces;
import org.junit.jupiter.api.Test;

final class FrameTextDeduplicatorTest {
    private static final long SECOND = 1_000_000_000;

    private final FrameTextDeduplicator told = new FrameTextDeduplicator();

    private static StackTrace stack(StackTraces traces, int number) {
        FrameBuffer frames = new FrameBuffer(4);
        frames.javaFrame(number, 0, false);
        return traces.intern(frames);
    }

    @Test
    void eachChunkIsToldOfEachStack() {
        StackTraces traces = new StackTraces(16);
        StackTrace one = stack(traces, 1);
        StackTrace other = stack(traces, 2);
        assertThat(told.shouldWriteText(one, 0)).isTrue();
        assertThat(told.shouldWriteText(one, 1)).isFalse();
        assertThat(told.shouldWriteText(other, 2)).isTrue();

        told.chunkEnded(10);
        assertThat(told.shouldWriteText(one, 11))
                .as("may still get into the old chunk")
                .isTrue();
        assertThat(told.shouldWriteText(one, 9 + 5 * SECOND)).isTrue();
        assertThat(told.shouldWriteText(one, 10 + 5 * SECOND))
                .as("surely in the new one")
                .isTrue();
        assertThat(told.shouldWriteText(one, 11 + 5 * SECOND)).isFalse();
    }

    @Test
    void aStackThatIsNotBusyIsToldEachTime() {
        StackTrace stack = stack(new StackTraces(16), 1);
        assertThat(told.shouldWriteText(stack, 0)).isTrue();
        assertThat(told.shouldWriteText(stack, SECOND - 1)).isFalse();
        assertThat(told.shouldWriteText(stack, SECOND)).isTrue();
        assertThat(told.shouldWriteText(stack, SECOND + 1)).isFalse();
    }

    @Test
    void isBounded() {
        StackTraces traces = new StackTraces(1 << 17);
        StackTrace first = stack(traces, 0);
        assertThat(told.shouldWriteText(first, 0)).isTrue();
        for (int i = 1; i < 1 << 17; i++) {
            assertThat(told.shouldWriteText(stack(traces, i), 0)).isTrue();
        }
        assertThat(told.shouldWriteText(first, 0)).as("forgotten meanwhile").isTrue();
    }
}

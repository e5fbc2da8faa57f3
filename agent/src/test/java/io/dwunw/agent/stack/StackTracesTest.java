// SPDX-License-Identifier: MIT
package io.dwunw.agent.stack;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

final class StackTracesTest {
    private static final int DEPTH = 40;

    private final FrameBuffer frames = new FrameBuffer(DEPTH);

    private FrameBuffer stack(int seed) {
        frames.clear();
        for (int i = 0; i < DEPTH; i++) {
            frames.add(PackedFrame.java(seed + i * 31, i, false));
        }
        frames.end(StackState.COMPLETE);
        return frames;
    }

    @Test
    void makesOneOfEqualStacks() {
        StackTraces traces = new StackTraces(16);

        StackTrace first = traces.intern(stack(1));

        assertThat(traces.intern(stack(1))).isSameAs(first);
        assertThat(traces.intern(stack(2))).isNotSameAs(first);
        assertThat(first.count()).isEqualTo(DEPTH);
        assertThat(first.frame(3)).isEqualTo(PackedFrame.java(1 + 3 * 31, 3, false));
    }

    @Test
    void tellsStacksApartByHowTheyEnded() {
        StackTraces traces = new StackTraces(16);
        StackTrace complete = traces.intern(stack(1));
        stack(1).end(StackState.STACK_CUT);

        StackTrace cut = traces.intern(frames);

        assertThat(cut).isNotSameAs(complete);
        assertThat(cut.state()).isEqualTo(StackState.STACK_CUT);
    }

    @Test
    void remembersWhatIsUsedAndForgetsTheRest() {
        int capacity = 100;
        StackTraces traces = new StackTraces(capacity);
        StackTrace kept = traces.intern(stack(-1));
        StackTrace dropped = traces.intern(stack(-2));
        for (int i = 0; i < 10 * capacity; i++) {
            traces.intern(stack(i));
            assertThat(traces.intern(stack(-1))).isSameAs(kept);
        }

        assertThat(traces.intern(stack(-2))).isNotSameAs(dropped);
        assertThat(traces.created()).isEqualTo(10 * capacity + 3);
    }

    @Test
    void keepsTheInnermostFramesWhenThereAreTooMany() {
        stack(1);

        frames.add(PackedFrame.raw(1));

        assertThat(frames.isFull()).isTrue();
        assertThat(frames.count()).isEqualTo(DEPTH);
        assertThat(frames.frame(0)).isEqualTo(PackedFrame.java(1, 0, false));
    }

    @Test
    void allocatesNothingForAKnownStack() {
        StackTraces traces = new StackTraces(16);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long self = Thread.currentThread().getId();
        for (int i = 0; i < 1000; i++) {
            traces.intern(stack(i % 8));
        }
        long measuring = -threads.getThreadAllocatedBytes(self) + threads.getThreadAllocatedBytes(self);
        long least = Long.MAX_VALUE;
        // In any one round the JVM may allocate something for itself.
        for (int round = 0; round < 5; round++) {
            long before = threads.getThreadAllocatedBytes(self);
            for (int i = 0; i < 1000; i++) {
                traces.intern(stack(i % 8));
            }
            least = Math.min(least, threads.getThreadAllocatedBytes(self) - before);
        }

        assertThat(least).isLessThanOrEqualTo(measuring);
    }
}

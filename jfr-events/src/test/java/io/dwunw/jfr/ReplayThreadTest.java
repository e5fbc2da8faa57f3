// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ReplayThreadTest {
    private static final FrameName MALLOC = FrameName.ofNative("libc.so.6", "malloc", "malloc");

    private final StackReplay replay = new StackReplay(RecordingDepth.DEFAULT);

    /** Publishes these stacks; one failure must be reported, and the thread must live. */
    private List<RecordedEvent> publishWithOneFailure(StackReplay replay, List<ReplayableStack> stacks)
            throws Exception {
        try (QueuePublisher publisher = QueuePublisher.started(replay);
                Recording recording = Recorded.start("NativeAllocation")) {
            for (ReplayableStack stack : stacks) {
                publisher.put(new Publication(new NativeAllocationEvent(), stack));
            }
            publisher.await();
            assertThat(publisher.failures()).hasSize(1);
            assertThat(publisher.isAlive()).isTrue();
            assertThat(replay.failures()).isOne();
            return Recorded.stop(recording);
        }
    }

    @Test
    void survivesWhateverNextThrows() throws Exception {
        try (QueuePublisher publisher = QueuePublisher.started(replay);
                Recording recording = Recorded.start("NativeAllocation")) {
            publisher.put(() -> {
                throw new IllegalStateException("first");
            });
            publisher.put(() -> {
                throw new OutOfMemoryError("second");
            });
            publisher.put(new Publication(new NativeAllocationEvent(), replay.prepare(List.of(MALLOC))));
            publisher.await();

            assertThat(Recorded.stop(recording)).hasSize(1);
            assertThat(publisher.failures()).hasSize(2);
            assertThat(publisher.isAlive()).isTrue();
        }
    }

    @Test
    @SuppressWarnings("NullAway") // a caller that is not checked for nulls
    void aStackThatCannotBeBuiltLeavesItsEventWithoutStack() throws Exception {
        FrameName broken = new FrameName(null, "m", "()V", 1, "", false);

        List<RecordedEvent> events = publishWithOneFailure(
                replay, List.of(replay.prepare(List.of(MALLOC, broken)), replay.prepare(List.of(MALLOC))));

        assertThat(events).hasSize(2);
        assertThat(Recorded.stack(events.get(0))).noneMatch(frame -> frame.contains("malloc"));
        assertThat(Recorded.stack(events.get(1))).startsWith("libc.malloc()");
    }

    @Test
    void aReplayThatOverflowsTheStackLeavesItsEventWithoutStack() throws Exception {
        StackReplay unlimited = new StackReplay(Integer.MAX_VALUE);
        FrameName wide = FrameName.ofJava("a.B", "wide", "(" + "J".repeat(127) + ")V", 1, "");

        List<RecordedEvent> events = publishWithOneFailure(
                unlimited,
                List.of(unlimited.prepare(Collections.nCopies(20_000, wide)), unlimited.prepare(List.of(MALLOC))));

        assertThat(events).hasSize(2);
        assertThat(Recorded.stack(events.get(0))).noneMatch(frame -> frame.contains("wide"));
        assertThat(Recorded.stack(events.get(1))).startsWith("libc.malloc()");
    }

    @Test
    void failingForeverDoesNotSpin() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        ReplayThread failing = new ReplayThread("failing", replay) {
            @Override
            protected @Nullable Publication next() {
                calls.incrementAndGet();
                throw new IllegalStateException();
            }

            @Override
            protected void failed(Throwable failure) {
                if (calls.get() == 9) {
                    throw new IllegalStateException("in the report, too");
                }
            }
        };
        failing.start();
        Thread.sleep(1_000);
        assertThat(calls.get()).isBetween(4, 11);
        assertThat(failing.isAlive()).isTrue();
    }

    @Test
    void endsWhenThereIsNothingLeft() {
        QueuePublisher publisher = QueuePublisher.started(replay);
        assertThat(publisher.isDaemon()).isTrue();
        publisher.close();
        assertThat(publisher.isAlive()).isFalse();
    }
}

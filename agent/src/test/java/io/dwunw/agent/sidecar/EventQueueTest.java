// SPDX-License-Identifier: MIT
package io.dwunw.agent.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.dwunw.agent.hotspot.JavaThreads;
import io.dwunw.agent.sample.Sample;
import io.dwunw.agent.sample.SampleDescriptor;
import io.dwunw.agent.stack.FrameBuffer;
import io.dwunw.agent.stack.StackTrace;
import io.dwunw.agent.stack.StackTraces;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

final class EventQueueTest {
    private static final int HEADER_BYTES = SampleDescriptor.ALLOCATION_HEADER_BYTES;
    private static final long SECOND = 1_000_000_000;

    private final StackTraces traces = new StackTraces(64);
    private final Sample sample = new Sample();
    private final ByteBuffer record = ByteBuffer.allocateDirect(HEADER_BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putShort(0, (short) 1);

    private StackTrace stack(int number) {
        FrameBuffer frames = new FrameBuffer(4);
        frames.javaFrame(number, 0, false);
        return traces.intern(frames);
    }

    private void allocate(EventQueue events, StackTrace stack, long size, long weight, boolean alone) {
        record.putLong(16, 0x1000 + size).putLong(24, size);
        assertThat(sample.wrap(record, 0, HEADER_BYTES)).isTrue();
        events.allocated(sample, weight, 1, stack, JavaThreads.none(), alone);
    }

    private static List<PendingAllocation> poll(EventQueue events, long nanoTime) {
        List<PendingAllocation> all = new ArrayList<>();
        while (events.poll(nanoTime) instanceof PendingAllocation next) {
            all.add(next);
        }
        return all;
    }

    @Test
    void withoutALimitEachSampleIsAnEvent() {
        EventQueue events = new EventQueue(0, 0);
        for (int i = 0; i < 1000; i++) {
            allocate(events, stack(1), i, i, false);
        }
        assertThat(poll(events, 0))
                .hasSize(1000)
                .extracting(PendingAllocation::samples)
                .containsOnly(1L);
        assertThat(events.joined()).isZero();
    }

    @Test
    void anotherRateHoldsAtOnceAndLosesNothing() {
        EventQueue events = new EventQueue(0, 0);
        for (int i = 0; i < 10; i++) {
            allocate(events, stack(1), i, 1, false);
        }
        events.maxPerSecond(2);
        for (int i = 0; i < 10; i++) {
            allocate(events, stack(1), i, 1, false);
        }
        assertThat(events.size()).as("one that the others join").isEqualTo(11);
        events.maxPerSecond(0);
        allocate(events, stack(1), 1, 1, false);
        assertThat(poll(events, 0))
                .hasSize(12)
                .extracting(PendingAllocation::samples)
                .contains(10L);
    }

    @Test
    void samplesWithoutAStackShareAnEventWhereACrowdWaitsEvenWithoutALimit() {
        FrameBuffer frames = new FrameBuffer(4);
        frames.setNotRecorded();
        StackTrace notRecorded = traces.intern(frames);
        EventQueue events = new EventQueue(0, 0);
        int many = 2 * EventQueue.MAX_WAITING;
        for (int i = 1; i <= many; i++) {
            allocate(events, notRecorded, i, i, false);
        }
        assertThat(events.unpublished()).isZero();
        List<PendingAllocation> published = poll(events, 0);
        assertThat(published).hasSizeBetween(1000, EventQueue.MAX_WAITING);
        assertThat(published.stream().mapToLong(PendingAllocation::samples).sum())
                .isEqualTo(many);
        assertThat(published.stream().mapToLong(PendingAllocation::weight).sum())
                .isEqualTo((long) many * (many + 1) / 2);
    }

    @Test
    void belowTheLimitEachSampleIsAnEvent() {
        EventQueue events = new EventQueue(100, 0);
        for (int i = 0; i < 100; i++) {
            allocate(events, stack(1), i, i, false);
        }
        assertThat(poll(events, 0))
                .hasSize(100)
                .extracting(PendingAllocation::samples)
                .containsOnly(1L);
        allocate(events, stack(1), 7, 7, false);
        assertThat(poll(events, 0)).isEmpty();
        assertThat(poll(events, SECOND / 100)).hasSize(1);
    }

    @Test
    void aboveTheLimitEachStackKeepsItsWeight() {
        EventQueue events = new EventQueue(10, 0);
        long[] weights = new long[3];
        long[] samples = new long[3];
        List<PendingAllocation> published = new ArrayList<>();
        for (int milli = 0; milli < 3000; milli++) {
            int stack = milli % 7 == 0 ? 2 : milli % 2;
            allocate(events, stack(stack), 1 + milli, 1000 + milli, false);
            published.addAll(poll(events, milli * SECOND / 1000));
            assertThat(events.size()).as("waiting").isLessThanOrEqualTo(10 + 3);
        }
        assertThat(published).hasSizeBetween(35, 41);
        while (events.pollAtOnce() instanceof PendingAllocation rest) {
            published.add(rest);
        }
        for (PendingAllocation event : published) {
            int stack = event.stack() == stack(2) ? 2 : event.stack() == stack(1) ? 1 : 0;
            weights[stack] += event.weight();
            samples[stack] += event.samples();
        }
        long[] expectedWeights = new long[3];
        long[] expectedSamples = new long[3];
        for (int milli = 0; milli < 3000; milli++) {
            int stack = milli % 7 == 0 ? 2 : milli % 2;
            expectedWeights[stack] += 1000 + milli;
            expectedSamples[stack]++;
        }
        assertThat(weights).isEqualTo(expectedWeights);
        assertThat(samples).isEqualTo(expectedSamples);
        assertThat(events.joined()).isEqualTo(3000 - published.size());
    }

    /**
     * A tenth of the samples, of ten times the weight of the others, is shown by half of the events: 500 of 1000, ± 16.
     */
    @Test
    void theSampleShownIsDrawnByWeight() {
        EventQueue events = new EventQueue(1, 0);
        long now = 0;
        double heavy = 0;
        double all = 0;
        for (int round = 0; round < 1000; round++) {
            for (int i = 0; i < 19; i++) {
                allocate(events, stack(1), 16, 100, false);
            }
            allocate(events, stack(1), 64, 1900, false);
            now += SECOND;
            PendingAllocation event = (PendingAllocation) Objects.requireNonNull(events.poll(now));
            assertThat(event.address()).isEqualTo(0x1000 + event.size());
            heavy += event.size() == 64 ? event.weight() : 0;
            all += event.weight();
            while (events.pollAtOnce() != null) {}
        }
        assertThat(heavy / all).isCloseTo(0.5, within(0.1));
    }

    @Test
    void whoNeedsAnEventOfItsOwnGetsOne() {
        EventQueue events = new EventQueue(1, 0);
        for (int i = 0; i < 50; i++) {
            allocate(events, stack(1), 1, 1, true);
            events.freed(1, 1, 1);
        }
        assertThat(events.size()).isEqualTo(100);
        for (int i = 0; i < 100; i++) {
            assertThat(events.poll(0)).as("at once, whatever the rate").isNotNull();
        }
    }

    @Test
    void aCrowdKnowsNoLimit() {
        EventQueue events = new EventQueue(1, 0);
        for (int i = 0; i < EventQueue.MAX_WAITING + 10; i++) {
            allocate(events, stack(1), 1, 1, true);
        }
        assertThat(events.crowded()).isTrue();
        assertThat(events.unpublished()).isEqualTo(10);
        assertThat(poll(events, 0)).hasSizeGreaterThan(EventQueue.MAX_WAITING / 2);
        assertThat(events.crowded()).isFalse();
        events.clear();
        assertThat(events.size()).isZero();
    }
}

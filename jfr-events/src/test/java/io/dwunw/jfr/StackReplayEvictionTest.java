// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StackReplayEvictionTest {
    private final Recording recording = Recorded.start("NativeAllocation");

    @AfterEach
    void closeRecording() {
        recording.close();
    }

    private static List<FrameName> stack(int number) {
        List<FrameName> frames = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            frames.add(FrameName.ofJava("p.C" + i, "m" + number, "()V", 1, ""));
        }
        return frames;
    }

    private static StackReplay bounded(long bytes) {
        return new StackReplay(RecordingDepth.DEFAULT, new ReplayBudget(bytes, 0, (more, taken) -> true));
    }

    @Test
    void stacksOfUnloadedClassesAreStillInTheRecordingAndAreReplayedAgain() throws Exception {
        ReplayBudget budget = new ReplayBudget(50_000, 0, (more, taken) -> true);
        StackReplay replay = new StackReplay(RecordingDepth.DEFAULT, budget);
        try (QueuePublisher publisher = QueuePublisher.started(replay);
                Recording own = Recorded.start("NativeAllocation")) {
            for (int i = 0; i < 30; i++) {
                publisher.put(new Publication(new NativeAllocationEvent(), replay.prepare(stack(i % 15))));
                publisher.await();
                unloadRetired(budget);
            }

            List<RecordedEvent> events = Recorded.stop(own);

            assertThat(events).hasSize(30);
            for (int i = 0; i < 30; i++) {
                assertThat(Recorded.replayed(events.get(i))).hasSize(10).startsWith("p.C0.m" + i % 15 + "():1");
            }
        }
        assertThat(replay.classesGenerated()).as("generated again").isGreaterThan(15 * 11 + 50);
        assertThat(replay.loaderCount()).as("kept").isLessThan(12);
        assertThat(replay.metaspaceBytes()).isBetween(10_000L, 150_000L);
    }

    /** A compiler that is busy with a class keeps it through a collection. */
    private static void unloadRetired(ReplayBudget budget) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (budget.retiredBytes() > 0 && System.nanoTime() < deadline) {
            System.gc();
            Thread.sleep(5);
        }
    }

    @Test
    void evictedClassesAreUnloadedAlthoughTheStackIsStillHeld() throws Exception {
        StackReplay replay = bounded(100_000);
        ReplayableStack held = replay.prepare(stack(0));
        WeakReference<ClassLoader> loader = loaderOf(replay, held);
        assertThat(loader.get()).isNotNull();

        for (int i = 1; i < 12; i++) {
            replay.ready(new NativeAllocationEvent(), replay.prepare(stack(i)), StackReplayEvictionTest::rethrow);
        }

        assertThat(collected(loader, () -> {})).isTrue();
        assertThat(held.frames()).hasSize(10);
    }

    @Test
    void classesThatCannotBeUnloadedAreNotMadeForever() throws Exception {
        StackReplay replay = bounded(50_000);
        List<ReplayRoot> preventUnloading = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            ReplayableStack stack = replay.prepare(stack(i));
            preventUnloading.add(replay.ready(new NativeAllocationEvent(), stack, StackReplayEvictionTest::rethrow));
        }
        assertThat(replay.classesGenerated()).isBetween(20L, 300L);
        assertThat(replay.textOnlyEvents()).isBetween(70L, 99L);
        assertThat(replay.failures()).isZero();

        assertThat(preventUnloading).hasSize(100);
        preventUnloading.clear();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        long before = -1;
        while (replay.textOnlyEvents() != before && System.nanoTime() < deadline) {
            System.gc();
            before = replay.textOnlyEvents();
            replay.ready(new NativeAllocationEvent(), replay.prepare(stack(100)), StackReplayEvictionTest::rethrow);
        }
        assertThat(replay.textOnlyEvents()).as("once there is room again").isEqualTo(before);
    }

    @Test
    void aFullGenerationIsNotDroppedBeforeItsTime() throws Exception {
        ReplayBudget lasting = new ReplayBudget(50_000, TimeUnit.HOURS.toNanos(1), (more, taken) -> true);
        StackReplay replay = new StackReplay(RecordingDepth.DEFAULT, lasting);
        WeakReference<ClassLoader> loader = loaderOf(replay, replay.prepare(stack(0)));
        for (int i = 1; i < 20; i++) {
            replay.ready(new NativeAllocationEvent(), replay.prepare(stack(i)), StackReplayEvictionTest::rethrow);
        }
        System.gc();
        assertThat(loader.get()).isNotNull();
        assertThat(replay.textOnlyEvents()).isPositive();
    }

    @Test
    void withoutRoomTheStackIsInTheTextAndItsPlaceSaysSo() throws Exception {
        AtomicBoolean room = new AtomicBoolean(true);
        ReplayBudget budget = new ReplayBudget(1 << 20, 0, (more, taken) -> room.get());
        StackReplay replay = new StackReplay(RecordingDepth.DEFAULT, budget);
        List<List<FrameName>> stacks = new ArrayList<>();
        for (int i = 0; i < 25; i++) {
            stacks.add(stack(i));
        }
        Recorded.publish(replay, stacks);
        assertThat(replay.textOnlyEvents()).isZero();
        assertThat(replay.metaspaceBytes()).as("what needs no look").isGreaterThan(256 << 10);
        room.set(false);

        List<RecordedEvent> events = Recorded.publish(replay, List.of(stack(0), stack(30), stack(31)));

        assertThat(Recorded.replayed(events.get(0))).startsWith("p.C0.m0():1");
        assertThat(Recorded.replayed(events.get(1))).containsExactly("···.stack in the text field ···()");
        assertThat(Recorded.replayed(events.get(2))).containsExactly("···.stack in the text field ···()");
        assertThat(replay.textOnlyEvents()).isEqualTo(2);
        assertThat(replay.failures()).isZero();
    }

    @Test
    void chainsOfStacksThatNobodyHoldsAreCollected() throws Exception {
        StackReplay replay = new StackReplay(RecordingDepth.DEFAULT);
        WeakReference<Object> chain = new WeakReference<>(
                replay.ready(new NativeAllocationEvent(), replay.prepare(stack(0)), StackReplayEvictionTest::rethrow));

        ReplayableStack other = replay.prepare(stack(1));

        assertThat(collected(
                        chain,
                        () -> replay.ready(new NativeAllocationEvent(), other, StackReplayEvictionTest::rethrow)))
                .isTrue();
    }

    private static WeakReference<ClassLoader> loaderOf(StackReplay replay, ReplayableStack stack) {
        ReplayRoot root = replay.ready(new NativeAllocationEvent(), stack, StackReplayEvictionTest::rethrow);
        ClassLoader loader = root.getClass().getClassLoader();
        assertThat(loader).isInstanceOf(ReplayLoader.class);
        return new WeakReference<>(loader);
    }

    private static boolean collected(WeakReference<?> reference, Runnable work) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (reference.get() != null && System.nanoTime() < deadline) {
            System.gc();
            work.run();
            Thread.sleep(20);
        }
        return reference.get() == null;
    }

    private static void rethrow(Throwable failure) {
        throw new AssertionError(failure);
    }
}

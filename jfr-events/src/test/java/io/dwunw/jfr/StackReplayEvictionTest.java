package io.dwunw.jfr;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
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

    @Test
    void classesStayBoundedAndEvictedStacksAreReplayedAgain() throws Exception {
        StackReplay replay = new StackReplay(RecordingDepth.DEFAULT, 26_000);
        List<List<FrameName>> stacks = new ArrayList<>();
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < 12; i++) {
                stacks.add(stack(i));
            }
        }

        List<RecordedEvent> events = Recorded.publish(replay, stacks);

        assertThat(events).hasSize(24);
        for (int i = 0; i < 24; i++) {
            assertThat(Recorded.replayed(events.get(i))).hasSize(10).startsWith("p.C0.m" + i % 12 + "():1");
        }
        assertThat(replay.classesGenerated()).as("generated again").isGreaterThan(12 * 12 + 50);
        assertThat(replay.loaderCount()).as("kept").isLessThan(12);
    }

    @Test
    void stacksOfUnloadedClassesAreStillInTheRecording() throws Exception {
        StackReplay replay = new StackReplay(RecordingDepth.DEFAULT, 8_000);
        try (QueuePublisher publisher = QueuePublisher.started(replay);
                Recording own = Recorded.start("NativeAllocation")) {
            for (int i = 0; i < 30; i++) {
                publisher.put(new Publication(new NativeAllocationEvent(), replay.prepare(stack(i))));
                publisher.await();
                System.gc();
            }

            List<RecordedEvent> events = Recorded.stop(own);

            assertThat(events).hasSize(30);
            for (int i = 0; i < 30; i++) {
                assertThat(Recorded.replayed(events.get(i))).hasSize(10).endsWith("p.C9.m" + i + "():1");
            }
        }
    }

    @Test
    void evictedClassesAreUnloadedAlthoughTheStackIsStillHeld() throws Exception {
        StackReplay replay = new StackReplay(RecordingDepth.DEFAULT, 20_000);
        ReplayedStack held = replay.prepare(stack(0));
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
        StackReplay replay = new StackReplay(RecordingDepth.DEFAULT, 8_000);
        List<ReplayRoot> preventUnloading = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            ReplayedStack stack = replay.prepare(stack(i));
            preventUnloading.add(replay.ready(new NativeAllocationEvent(), stack, StackReplayEvictionTest::rethrow));
        }
        assertThat(replay.classesGenerated()).isBetween(20L, 300L);
        assertThat(replay.failures()).isBetween(70L, 99L);

        assertThat(preventUnloading).hasSize(100).last().isNotInstanceOf(ReplayNode.class);
        preventUnloading.clear();
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        ReplayRoot root = null;
        while (!(root instanceof ReplayNode) && System.nanoTime() < deadline) {
            System.gc();
            for (int i = 0; i < 2_000; i++) {
                ReplayedStack stack = replay.prepare(stack(i % 2));
                root = replay.ready(new NativeAllocationEvent(), stack, StackReplayEvictionTest::rethrow);
            }
        }
        assertThat(root).as("once there is room again").isInstanceOf(ReplayNode.class);
    }

    @Test
    void chainsOfStacksThatNobodyHoldsAreCollected() throws Exception {
        StackReplay replay = new StackReplay(RecordingDepth.DEFAULT);
        WeakReference<Object> chain = new WeakReference<>(
                replay.ready(new NativeAllocationEvent(), replay.prepare(stack(0)), StackReplayEvictionTest::rethrow));

        ReplayedStack other = replay.prepare(stack(1));

        assertThat(collected(
                        chain,
                        () -> replay.ready(new NativeAllocationEvent(), other, StackReplayEvictionTest::rethrow)))
                .isTrue();
    }

    private static WeakReference<ClassLoader> loaderOf(StackReplay replay, ReplayedStack stack) {
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

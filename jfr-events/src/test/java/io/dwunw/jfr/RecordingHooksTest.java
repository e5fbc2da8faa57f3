// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import jdk.jfr.consumer.RecordingStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RecordingHooksTest {
    private final StackReplay replay = new StackReplay(RecordingDepth.DEFAULT);
    private final ChunkEndPublisher publisher = new ChunkEndPublisher(replay);
    private final List<Boolean> wanted = new CopyOnWriteArrayList<>();
    private final AtomicInteger ticks = new AtomicInteger();
    private final RecordingHooks hooks =
            RecordingHooks.install(wanted::add, publisher.chunkEnd(), ticks::incrementAndGet);

    RecordingHooksTest() {
        publisher.start();
    }

    @AfterEach
    void close() throws InterruptedException {
        hooks.close();
        publisher.end();
    }

    @Test
    void leaksOfAChunkAreInThatChunkWhenARecordingStops() throws Exception {
        Recording recording = Recorded.start("NativeLeak");

        List<RecordedEvent> events = Recorded.stop(recording);

        assertThat(events).hasSize(ChunkEndPublisher.LEAKS);
        assertThat(Recorded.replayed(events.get(0))).startsWith("libc.malloc()", "libz.inflateInit2_()");
    }

    @Test
    void leaksAreInADumpAndAgainAtTheEnd() throws Exception {
        Path file = Files.createTempFile("dwunw-test", ".jfr");
        try (Recording recording = Recorded.start("NativeLeak");
                Recording copy = recording.copy(true)) {
            copy.dump(file);
            assertThat(leaks(file)).isEqualTo(ChunkEndPublisher.LEAKS);

            recording.stop();
            recording.dump(file);
            assertThat(leaks(file)).isEqualTo(2 * ChunkEndPublisher.LEAKS);
        } finally {
            Files.delete(file);
        }
    }

    @Test
    void aChunkWithoutLeaksWaitsForItsOtherEventsWhenItEndsAndNotWhenItBegins() throws Exception {
        Recording recording = Recorded.start("NativeAllocation", "AgentState");
        assertThat(publisher.asked()).isZero();

        Recorded.stop(recording);

        assertThat(publisher.asked()).isEqualTo(1);
    }

    @Test
    void thePublisherIsNotAskedWhereNoRecordingWantsWhatItPublishes() throws Exception {
        Recording recording = Recorded.start("AgentState");

        Recorded.stop(recording);

        assertThat(publisher.asked()).isZero();
    }

    @Test
    void tellsWhenTheFirstRecordingWantsEventsAndTheLastNoMore() throws Exception {
        assertThat(WantedEvents.any()).isFalse();
        try (Recording first = Recorded.start("NativeAllocation");
                Recording second = Recorded.start("NativeLeak");
                Recording other = Recorded.start()) {
            assertThat(WantedEvents.any()).isTrue();
            assertThat(wanted).containsExactly(true);
            first.stop();
            assertThat(wanted).containsExactly(true);
            second.stop();
            assertThat(wanted).containsExactly(true, false);
            assertThat(WantedEvents.any()).isFalse();

            other.enable("dwunw.NativeFree");
            hooks.poll();
            assertThat(wanted).containsExactly(true, false, true);
        }
        hooks.poll();
        assertThat(wanted).containsExactly(true, false, true, false);
    }

    @Test
    void freesAreOffUnlessAskedFor() {
        try (Recording recording = new Recording()) {
            recording.start();
            assertThat(WantedEvents.allocations()).isTrue();
            assertThat(WantedEvents.leaks()).isTrue();
            assertThat(WantedEvents.statistics()).isTrue();
            assertThat(WantedEvents.frees()).isFalse();
        }
    }

    @Test
    void statisticsAreDueEachSecondWhileWanted() throws Exception {
        try (Recording recording = Recorded.start("AgentStatistics")) {
            Thread.sleep(2_500);
            assertThat(ticks.get()).isBetween(1, 4);
            recording.stop();
            int stopped = ticks.get();
            Thread.sleep(1_300);
            assertThat(ticks.get()).isEqualTo(stopped);
        }
    }

    @Test
    void streamsShowTheStackWhileTheProgramRuns() throws Exception {
        List<String> stack = new ArrayList<>();
        CountDownLatch seen = new CountDownLatch(1);
        try (QueuePublisher queue = QueuePublisher.started(new StackReplay(RecordingDepth.DEFAULT));
                RecordingStream stream = new RecordingStream()) {
            stream.enable("dwunw.NativeAllocation");
            stream.onEvent("dwunw.NativeAllocation", event -> {
                stack.addAll(Recorded.replayed(event));
                seen.countDown();
            });
            stream.startAsync();
            queue.put(new Publication(new NativeAllocationEvent(), replay.prepare(ChunkEndPublisher.STACK)));
            assertThat(seen.await(20, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(stack).startsWith("libc.malloc()", "libz.inflateInit2_()");
    }

    @Test
    void aPublisherThatDoesNotAnswerDelaysTheEndOnlySoLong() throws Exception {
        Rendezvous deaf = new Rendezvous(() -> {}, Duration.ofMillis(200));
        try (RecordingHooks unanswered = RecordingHooks.install(w -> {}, deaf, () -> {});
                Recording recording = Recorded.start("NativeLeak")) {
            long start = System.nanoTime();
            recording.stop();
            assertThat(System.nanoTime() - start).isBetween(150_000_000L, 5_000_000_000L);
            assertThat(unanswered).isNotNull();
        }
    }

    @Test
    void afterCloseNothingIsCalled() throws Exception {
        hooks.close();
        Recording recording = Recorded.start("NativeLeak", "AgentStatistics");
        assertThat(Recorded.stop(recording)).isEmpty();
        assertThat(publisher.asked()).isZero();
        assertThat(wanted).isEmpty();
    }

    private static int leaks(Path file) throws Exception {
        return (int) RecordingFile.readAllEvents(file).stream()
                .filter(event -> event.getEventType().getName().equals("dwunw.NativeLeak"))
                .count();
    }
}

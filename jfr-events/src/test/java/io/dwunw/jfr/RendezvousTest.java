// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RendezvousTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    private final CountDownLatch awake = new CountDownLatch(1);
    private final Rendezvous rendezvous = new Rendezvous(awake::countDown, LONG);

    @Test
    void waitsUntilThePublisherIsDone() throws Exception {
        assertThat(rendezvous.requested()).isFalse();
        CompletableFuture<Boolean> waiting = CompletableFuture.supplyAsync(rendezvous::await);
        assertThat(awake.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(rendezvous.requested()).isTrue();
        assertThat(rendezvous.requested()).as("told once").isFalse();
        assertThat(waiting).isNotDone();

        rendezvous.done();

        assertThat(waiting.get(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void doesNotWaitForever() {
        long start = System.nanoTime();
        assertThat(new Rendezvous(() -> {}, Duration.ofMillis(50)).await()).isFalse();
        assertThat(System.nanoTime() - start).isBetween(40_000_000L, 10_000_000_000L);
    }

    /** A publisher that has a small share of the machine needs longer for what is as much. */
    @Test
    void waitsLongerWhileThereIsProgress() throws Exception {
        CompletableFuture<Boolean> late = new CompletableFuture<>();
        Rendezvous patient = new Rendezvous(() -> {}, () -> late.complete(true), Duration.ofSeconds(2));
        CompletableFuture<Boolean> waiting = CompletableFuture.supplyAsync(patient::await);
        while (!patient.requested()) {
            Thread.onSpinWait();
        }
        long end = System.nanoTime() + 4_500_000_000L;
        while (System.nanoTime() < end) {
            patient.progress();
        }
        patient.done();
        assertThat(waiting.get(10, TimeUnit.SECONDS)).isTrue();
        assertThat(late).isNotDone();
    }

    @Test
    void tellsOfAChunkThatEndedTooEarly() {
        int[] late = {0};
        Rendezvous deaf = new Rendezvous(() -> {}, () -> late[0]++, Duration.ofMillis(50));
        assertThat(deaf.await()).isFalse();
        assertThat(late[0]).isEqualTo(1);
        deaf.close();
        assertThat(deaf.await()).isFalse();
        assertThat(late[0]).as("nobody is to be waited for").isEqualTo(1);
    }

    @Test
    void aLateAnswerIsNotTakenForTheNext() throws Exception {
        Rendezvous impatient = new Rendezvous(() -> {}, Duration.ofMillis(300));
        assertThat(impatient.await()).isFalse();
        assertThat(impatient.requested()).isTrue();
        CompletableFuture<Boolean> second = CompletableFuture.supplyAsync(impatient::await);
        Thread.sleep(100);

        impatient.done();

        assertThat(second.get(10, TimeUnit.SECONDS)).isFalse();
        assertThat(impatient.requested())
                .as("the second is still to be answered")
                .isTrue();
    }

    @Test
    void nobodyWaitsForAPublisherThatEnded() throws Exception {
        CompletableFuture<Boolean> waiting = CompletableFuture.supplyAsync(rendezvous::await);
        assertThat(awake.await(10, TimeUnit.SECONDS)).isTrue();
        rendezvous.close();
        assertThat(waiting.get(10, TimeUnit.SECONDS)).isFalse();
        assertThat(rendezvous.await()).isFalse();
    }
}

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

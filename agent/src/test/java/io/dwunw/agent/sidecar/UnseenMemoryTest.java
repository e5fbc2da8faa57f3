// SPDX-License-Identifier: MIT
package io.dwunw.agent.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.agent.engine.SamplingEngine;
import io.dwunw.agent.leak.LiveMemory;
import io.dwunw.agent.stack.FrameBuffer;
import io.dwunw.agent.stack.StackTrace;
import io.dwunw.agent.stack.StackTraces;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class UnseenMemoryTest {
    private static final long MIB = 1 << 20;
    private static final StackTrace STACK = new StackTraces(1).intern(new FrameBuffer(4));

    private final LiveMemory<StackTrace> live = new LiveMemory<>();
    private final List<String> lines = new ArrayList<>();
    private final UnseenMemory unseen = new UnseenMemory(engine(), live, this::drain, lines::add);
    private long inUse = 500 * MIB;
    private long lost;
    private long addresses = 1;
    /** Blocks of a MiB that were allocated since records were taken in last. */
    private int waiting;

    /** Knows only what its allocator has in use. */
    private SamplingEngine engine() {
        return (SamplingEngine) Proxy.newProxyInstance(
                SamplingEngine.class.getClassLoader(),
                new Class<?>[] {SamplingEngine.class},
                (proxy, method, arguments) -> inUse);
    }

    private void drain() {
        allocate(waiting, MIB, MIB);
        waiting = 0;
    }

    private void allocate(int blocks, long size, long weight) {
        for (int i = 0; i < blocks; i++) {
            live.allocated(false, addresses++ << 4, size, weight, 0, STACK);
        }
    }

    private void free(int blocks) {
        for (int i = 0; i < blocks; i++) {
            live.freed(--addresses << 4, 0, (address, size, lifetime) -> {});
        }
    }

    @Test
    void whatWasSeenIsNotUnseen() {
        unseen.start(lost, 0);
        allocate(10_000, 20, 20);
        inUse += 10_000 * 32;
        allocate(100, 9 * MIB, 9 * MIB);
        inUse += 900 * MIB;
        unseen.look(lost, 1);
        assertThat(unseen.unseenBytes()).isZero();
        assertThat(unseen.unseenFrees()).isZero();
        assertThat(lines).isEmpty();
    }

    @Test
    void whatWasInUseBeforeIsNobodysConcern() {
        unseen.start(lost, 0);
        inUse -= 400 * MIB;
        unseen.look(lost, 1);
        assertThat(unseen.unseenBytes()).isZero();
        assertThat(unseen.unseenFrees()).isZero();
    }

    @Test
    void whatWentByIsToldInOneLine() {
        unseen.start(lost, 0);
        allocate(64, MIB, MIB);
        inUse += 64 * MIB + 20 * MIB;
        unseen.look(lost, 1);
        assertThat(unseen.unseenBytes()).isBetween(19 * MIB, 21 * MIB);
        inUse += 100 * MIB;
        unseen.look(lost, 1);
        assertThat(unseen.unseenBytes()).isBetween(119 * MIB, 121 * MIB);
        assertThat(lines).hasSize(1).first().asString().contains("20 MiB", "engine=uprobe");
        inUse -= 120 * MIB;
        unseen.look(lost, 1);
        assertThat(unseen.unseenBytes()).as("freed again").isZero();
    }

    /** As on a machine that is busy, and stops the sidecar between the two. */
    @Test
    void recordsThatCameBeforeTheAllocatorWasAskedAreNotUnseen() {
        unseen.start(lost, 0);
        waiting = 20;
        inUse += 20 * MIB;
        unseen.look(lost, 1);
        assertThat(unseen.unseenBytes()).isZero();
        assertThat(lines).isEmpty();
    }

    /** No user may be alarmed by the error of an estimate. */
    @Test
    void anEstimateMayBeWrong() {
        unseen.start(lost, 0);
        allocate(100, 1_000, 8 * MIB);
        inUse += 800 * MIB + 300 * MIB;
        unseen.look(lost, 1);
        assertThat(unseen.unseenBytes()).as("four standard errors").isZero();
        inUse += 400 * MIB;
        unseen.look(lost, 1);
        assertThat(unseen.unseenBytes()).isPositive();
    }

    /** With few samples nothing may have been sampled of what was allocated. */
    @Test
    void aWideIntervalSeesLess() {
        unseen.start(lost, 0);
        inUse += 100 * MIB;
        unseen.look(lost, 8 * MIB);
        assertThat(unseen.unseenBytes()).isZero();
        unseen.start(lost, 0);
        inUse += 100 * MIB;
        unseen.look(lost, MIB / 2);
        assertThat(unseen.unseenBytes()).isEqualTo(100 * MIB);
    }

    @Test
    void samplesOfBeforeTheStartDoNotCount() {
        live.allocated(false, 1 << 4, 1_000, 900 * MIB, 9, STACK);
        unseen.start(lost, 10);
        unseen.look(lost, 1);
        assertThat(unseen.unseenFrees()).isZero();
        live.freed(1 << 4, 20, (address, size, lifetime) -> {});
        unseen.look(lost, 1);
        assertThat(unseen.unseenBytes()).isZero();
    }

    /** Their blocks are shown as leaks: more of them than there is in use at all is certain to be wrong. */
    @Test
    void freesThatWentByAreTold() {
        inUse = 10 * MIB;
        unseen.start(lost, 0);
        allocate(100, MIB, MIB);
        inUse += 20 * MIB;
        unseen.look(lost, 1);
        assertThat(unseen.unseenFrees()).isBetween(69 * MIB, 71 * MIB);
        assertThat(unseen.unseenBytes()).isZero();
        assertThat(lines).hasSize(1).first().asString().contains("freed");
        free(70);
        unseen.look(lost, 1);
        assertThat(unseen.unseenFrees()).isZero();
    }

    @Test
    void whatWasLostIsNotTakenForUnseen() {
        unseen.start(lost, 0);
        inUse += 50 * MIB;
        lost++;
        unseen.look(lost, 1);
        assertThat(unseen.unseenBytes()).isZero();
        inUse += 30 * MIB;
        unseen.look(lost, 1);
        assertThat(unseen.unseenBytes()).as("since the loss").isEqualTo(30 * MIB);
    }

    /** Blocks of the user's own functions lie in blocks of malloc's. */
    @Test
    void customBlocksAreNoHeapBlocks() {
        unseen.start(lost, 0);
        live.allocated(false, 1L << (Long.SIZE - 2), 900 * MIB, 900 * MIB, 0, STACK);
        unseen.look(lost, 1);
        assertThat(unseen.unseenFrees()).isZero();
    }

    @Test
    void unknownStaysUnknown() {
        inUse = SamplingEngine.UNKNOWN;
        unseen.start(lost, 0);
        inUse = 50 * MIB;
        unseen.look(lost, 1);
        assertThat(unseen.unseenBytes()).isEqualTo(-1);
        assertThat(unseen.unseenFrees()).isEqualTo(-1);
        assertThat(lines).isEmpty();
    }

    @Test
    void itLooksNowAndThen() {
        long start = System.nanoTime();
        unseen.start(lost, start);
        assertThat(unseen.due(start)).isFalse();
        assertThat(unseen.due(start + 10_000_000_000L)).isTrue();
        unseen.look(lost, 1);
        assertThat(unseen.due(System.nanoTime())).isFalse();
    }

    @Test
    void chunksAreThoseOfGlibc() {
        assertThat(UnseenMemory.chunk(0)).isEqualTo(32);
        assertThat(UnseenMemory.chunk(24)).isEqualTo(32);
        assertThat(UnseenMemory.chunk(25)).isEqualTo(48);
        assertThat(UnseenMemory.chunk(1000)).isEqualTo(1008);
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.agent.bpf.Allocations;
import io.dwunw.agent.bpf.RequiresBpf;
import io.dwunw.agent.bpf.UprobeConfig;
import io.dwunw.agent.bpf.UprobeEngine;
import io.dwunw.agent.hooks.HooksConfig;
import io.dwunw.agent.hooks.HooksEngine;
import io.dwunw.agent.linux.NativeLibrary;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * More samples than the ring has room for, before anybody takes one in. What the hooks do by themselves is in {@code
 * burst.c}.
 */
@RequiresBpf
class BurstTest {
    private static final int RING_BYTES = 256 << 10;
    private static final int INTERVAL = 64 << 10;
    /** More than 23 intervals, so that it is sampled for certain; untouched, it costs no memory. */
    private static final int SIZE = 2_000_000;

    private static final int BLOCKS = 300;

    @BeforeAll
    static void load() throws Exception {
        NativeLibrary.load();
        Allocations.free(Allocations.malloc(SIZE));
    }

    private static SamplingEngine open(String kind) throws EngineUnavailableException {
        if (kind.equals("uprobe")) {
            return UprobeEngine.open(UprobeConfig.of(INTERVAL).withRingBytes(RING_BYTES));
        }
        return HooksEngine.openWithBpf(new HooksConfig(INTERVAL, 64 << 10, RING_BYTES));
    }

    @ParameterizedTest
    @ValueSource(strings = {"uprobe", "hooks"})
    void aBurstCostsStacksButNoSums(String kind) throws Exception {
        EngineCounters before = new EngineCounters();
        EngineCounters after = new EngineCounters();
        Set<Long> live = new HashSet<>();
        Set<Long> expected = new HashSet<>();
        long[] births = {0};
        long[] bytes = {0};
        long[] bare = {0};
        try (SamplingEngine engine = open(kind)) {
            engine.counters(before);
            engine.attach();
            long[] blocks = new long[BLOCKS];
            for (int i = 0; i < BLOCKS; i++) {
                blocks[i] = Allocations.malloc(SIZE + i);
            }
            for (int i = 0; i < BLOCKS; i += 2) {
                Allocations.free(blocks[i]);
                expected.add(blocks[i + 1]);
            }
            engine.detach();
            engine.samples()
                    .drain(
                            sample -> {
                                bare[0] += sample.isBare() ? 1 : 0;
                                if (sample.isAllocation() && sample.size() >= SIZE && sample.size() < SIZE + BLOCKS) {
                                    births[0]++;
                                    bytes[0] += sample.weight();
                                    live.add(sample.address());
                                } else if (sample.isFree()) {
                                    live.remove(sample.address());
                                }
                            },
                            Integer.MAX_VALUE);
            engine.counters(after);
            for (int i = 1; i < BLOCKS; i += 2) {
                Allocations.free(blocks[i]);
            }
        }
        assertThat(after.lost - before.lost).isZero();
        assertThat(births[0]).isEqualTo(BLOCKS);
        assertThat(bytes[0]).isEqualTo((long) BLOCKS * SIZE + BLOCKS * (BLOCKS - 1) / 2);
        assertThat(live).isEqualTo(expected);
        assertThat(after.withoutStack - before.withoutStack).isEqualTo(bare[0]).isPositive();
    }
}

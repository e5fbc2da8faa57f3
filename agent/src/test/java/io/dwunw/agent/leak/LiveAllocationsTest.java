// SPDX-License-Identifier: MIT
package io.dwunw.agent.leak;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LiveAllocationsTest {
    private final LiveAllocations<String> live = new LiveAllocations<>();

    @Test
    void aBlockIsFoundWithAllThatBelongsToIt() {
        live.add(0x7f0000001000L, 64, 512, 99, "stack");
        int slot = live.find(0x7f0000001000L);
        assertThat(slot).isNotNegative();
        assertThat(live.size(slot)).isEqualTo(64);
        assertThat(live.weight(slot)).isEqualTo(512);
        assertThat(live.timeNanos(slot)).isEqualTo(99);
        assertThat(live.stack(slot)).isEqualTo("stack");
        assertThat(live.find(0x7f0000001010L)).isNegative();
        assertThat(live.find(0)).isNegative();
    }

    @Test
    void anAddressAllocatedAgainReplacesTheBlockWhoseFreeWasLost() {
        live.add(16, 1, 1, 1, "old");
        live.add(16, 2, 2, 2, "new");
        assertThat(live.count()).isEqualTo(1);
        assertThat(live.replaced()).isEqualTo(1);
        assertThat(live.stack(live.find(16))).isEqualTo("new");
    }

    @Test
    void blocksBeyondTheLimitAreCountedOnly() {
        LiveAllocations<String> few = new LiveAllocations<>(100);
        for (int i = 1; i <= 150; i++) {
            few.add(16L * i, 1, 1, 1, "s");
        }
        assertThat(few.count()).isEqualTo(100);
        assertThat(few.overflowed()).isEqualTo(50);
    }

    @Test
    void churnWithCollisionsNeverLosesOrInventsABlock() {
        Random random = new Random(42);
        Map<Long, Long> expected = new HashMap<>();
        for (int step = 0; step < 400_000; step++) {
            // Few distinct addresses, so that they are freed and reused often, and runs of collisions form.
            long address = 0x7f00_0000_0000L + 16L * random.nextInt(20_000);
            if (random.nextInt(5) < 2) {
                int slot = live.find(address);
                assertThat(slot >= 0).isEqualTo(expected.containsKey(address));
                if (slot >= 0) {
                    live.removeAt(slot);
                    expected.remove(address);
                }
            } else {
                live.add(address, step, step, step, "s");
                expected.put(address, (long) step);
            }
        }
        assertThat(live.count()).isEqualTo(expected.size());
        Map<Long, Long> seen = new HashMap<>();
        live.forEach((address, size, weight, variance, time, stack) -> seen.put(address, size));
        assertThat(seen).isEqualTo(expected);
    }

    @Test
    void clearingForgetsBlocksButNotCounters() {
        live.add(16, 1, 1, 1, "a");
        live.add(16, 1, 1, 1, "a");
        live.clear();
        assertThat(live.count()).isZero();
        assertThat(live.find(16)).isNegative();
        assertThat(live.replaced()).isEqualTo(1);
    }
}

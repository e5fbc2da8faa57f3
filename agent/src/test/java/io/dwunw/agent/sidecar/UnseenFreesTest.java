package io.dwunw.agent.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.agent.leak.LiveMemory;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class UnseenFreesTest {
    private static final long ALIVE = 16;
    private static final long UNSEEN = 32;
    private static final long ON_ITS_WAY = 48;
    private static final long BORN_AGAIN = 64;
    private static final long DIES_LATE = 80;

    private final LiveMemory<String> live = new LiveMemory<>();
    private final Set<Long> producer = new HashSet<>();
    private int drained;

    private final UnseenFrees frees = new UnseenFrees() {
        @Override
        boolean isLive(long blockKey) {
            return producer.contains(blockKey);
        }

        @Override
        void drain() {
            drained++;
            live.freed(ON_ITS_WAY, 2, false, (address, size, lifetime) -> {});
            live.freed(BORN_AGAIN, 2, false, (address, size, lifetime) -> {});
            born(BORN_AGAIN);
            producer.remove(DIES_LATE);
        }
    };

    private void born(long address) {
        live.allocated(false, address, 100, 100, 1, "stack");
        producer.add(address);
    }

    private List<Long> blocks() {
        List<Long> blocks = new ArrayList<>();
        live.forEach((address, size, weight, time, stack) -> blocks.add(address));
        return blocks;
    }

    @Test
    void onlyWhatStaysDeadWithoutARecordIsForgotten() {
        for (long address : new long[] {ALIVE, UNSEEN, ON_ITS_WAY, BORN_AGAIN, DIES_LATE}) {
            born(address);
        }
        producer.removeAll(Set.of(UNSEEN, ON_ITS_WAY, BORN_AGAIN));
        assertThat(frees.forget(live)).isEqualTo(1);
        // The record of the one that died late may still come.
        assertThat(blocks()).containsExactlyInAnyOrder(ALIVE, BORN_AGAIN, DIES_LATE);
        assertThat(drained).isEqualTo(1);
    }

    @Test
    void whereAllAreAliveNothingHappens() {
        born(ALIVE);
        assertThat(frees.forget(live)).isZero();
        assertThat(blocks()).containsExactly(ALIVE);
        assertThat(drained).isZero();
    }
}

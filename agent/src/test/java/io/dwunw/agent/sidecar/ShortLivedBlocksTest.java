// SPDX-License-Identifier: MIT
package io.dwunw.agent.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.agent.sample.Allocator;
import io.dwunw.agent.sample.Sample;
import io.dwunw.agent.sample.SampleDescriptor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class ShortLivedBlocksTest {
    private static final int BYTES = 512;
    private static final short ALLOCATION = 1;
    private static final short FREE = 2;

    private final ShortLivedBlocks blocks = new ShortLivedBlocks();
    private final Sample sample = new Sample();
    private final ByteBuffer record = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);

    private Sample record(short kind, Allocator allocator, long address, long time) {
        record.putShort(0, kind)
                .putShort(2, (short) allocator.number())
                .putLong(8, time)
                .putLong(16, address);
        assertThat(sample.wrap(record, 0, BYTES)).isTrue();
        return sample;
    }

    private void ahead(short kind, Allocator allocator, long address, long time) {
        blocks.onSample(record(kind, allocator, address, time));
    }

    private boolean handled(Allocator allocator, long address, long time) {
        return blocks.handled(record(ALLOCATION, allocator, address, time));
    }

    @Test
    void aBlockIsShortLivedIfItsFreeLiesAhead() {
        ahead(ALLOCATION, Allocator.MALLOC, 0x10, 1);
        ahead(ALLOCATION, Allocator.CALLOC, 0x20, 2);
        ahead(FREE, Allocator.FREE, 0x10, 3);
        assertThat(blocks.count()).isEqualTo(1);
        assertThat(handled(Allocator.MALLOC, 0x10, 1)).isTrue();
        assertThat(handled(Allocator.CALLOC, 0x20, 2)).isFalse();
        assertThat(blocks.count()).isZero();
    }

    @Test
    void eachBlockOfAnAddressIsJudgedByItself() {
        for (int time = 1; time < 9; time += 2) {
            ahead(ALLOCATION, Allocator.MALLOC, 0x10, time);
            ahead(FREE, Allocator.FREE, 0x10, time + 1);
        }
        ahead(ALLOCATION, Allocator.MALLOC, 0x10, 9);
        for (int time = 1; time < 9; time += 2) {
            assertThat(handled(Allocator.MALLOC, 0x10, time)).isTrue();
        }
        assertThat(handled(Allocator.MALLOC, 0x10, 9)).isFalse();
        ahead(FREE, Allocator.FREE, 0x10, 10);
        assertThat(blocks.count())
                .as("the block was handled before its free was met")
                .isZero();
    }

    @Test
    void blocksThatMoveAndMappingsDoNotCount() {
        ahead(ALLOCATION, Allocator.MALLOC, 0x10, 1);
        record.putInt(4, SampleDescriptor.FLAG_MOVES);
        ahead(FREE, Allocator.REALLOC, 0x10, 2);
        record.putInt(4, 0);
        ahead(FREE, Allocator.FREE, 0x10, 5); // of another block, which was moved to that address
        ahead(ALLOCATION, Allocator.MMAP, 0x1000, 3);
        ahead(FREE, Allocator.MUNMAP, 0x1000, 4);
        assertThat(handled(Allocator.MALLOC, 0x10, 1)).isFalse();
        assertThat(handled(Allocator.MMAP, 0x1000, 3)).isFalse();
    }

    @Test
    void aBlockWhoseFreeWasNotSeenIsNotConfusedWithTheNextAtItsAddress() {
        ahead(ALLOCATION, Allocator.MALLOC, 0x10, 1);
        ahead(ALLOCATION, Allocator.MALLOC, 0x10, 2);
        ahead(FREE, Allocator.FREE, 0x10, 3);
        assertThat(handled(Allocator.MALLOC, 0x10, 1)).isFalse();
        assertThat(handled(Allocator.MALLOC, 0x10, 2)).isTrue();
    }

    @Test
    void whatFindsNoRoomIsHandledLikeAnyOther() {
        int many = 2 * ShortLivedBlocks.MAX_BLOCKS;
        for (int i = 1; i <= many; i++) {
            ahead(ALLOCATION, Allocator.MALLOC, 16L * i, i);
        }
        for (int i = 1; i <= many; i++) {
            ahead(FREE, Allocator.FREE, 16L * i, many + i);
        }
        assertThat(blocks.count()).isEqualTo(ShortLivedBlocks.MAX_BLOCKS);
        int shortLived = 0;
        for (int i = 1; i <= many; i++) {
            shortLived += handled(Allocator.MALLOC, 16L * i, i) ? 1 : 0;
        }
        assertThat(shortLived).isEqualTo(ShortLivedBlocks.MAX_BLOCKS);
        blocks.clear();
        assertThat(blocks.count()).isZero();
    }

    /** Thousands of blocks at few addresses, looked at in parts ahead of what is handled, against a plain model. */
    @Test
    void agreesWithAModelThatKnowsTheWholeHistory() {
        Random random = new Random(5);
        ArrayDeque<long[]> ring = new ArrayDeque<>();
        Map<Long, Long> live = new HashMap<>();
        Set<Long> deadAhead = new HashSet<>();
        long time = 0;
        for (int round = 0; round < 400; round++) {
            for (int i = random.nextInt(60); i > 0; i--) {
                time++;
                long address = 16L * (1 + random.nextInt(50));
                Long born = live.remove(address);
                if (born == null) {
                    live.put(address, time);
                    ring.add(new long[] {ALLOCATION, address, time});
                    ahead(ALLOCATION, Allocator.MALLOC, address, time);
                } else {
                    ring.add(new long[] {FREE, address, time});
                    deadAhead.add(born);
                    ahead(FREE, Allocator.FREE, address, time);
                }
            }
            for (int i = random.nextInt(60); i > 0 && !ring.isEmpty(); i--) {
                long[] next = ring.remove();
                if (next[0] == ALLOCATION) {
                    assertThat(handled(Allocator.MALLOC, next[1], next[2])).isEqualTo(deadAhead.contains(next[2]));
                }
            }
        }
        assertThat(deadAhead).hasSizeGreaterThan(1000);
    }
}

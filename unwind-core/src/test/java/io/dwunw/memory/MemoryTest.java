// SPDX-License-Identifier: MIT
package io.dwunw.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.testkit.Allocation;
import io.dwunw.testkit.SnapshotMemory;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class MemoryTest {
    private static final long LOW = 0x7fff_0000_0123L;

    private final byte[] bytes = new byte[10_000];

    MemoryTest() {
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (i * 31 + (i >> 8));
        }
    }

    @Test
    void aSnapshotReadsEverySizeInBothOrders() {
        byte[] eight = {1, 2, 3, 4, 5, 6, 7, 8, 9};
        StackSnapshot little = new StackSnapshot(16, eight, ByteOrder.LITTLE_ENDIAN);
        StackSnapshot big = new StackSnapshot(16, eight, ByteOrder.BIG_ENDIAN);
        assertThat(little.word(16)).isEqualTo(0x0807060504030201L);
        assertThat(big.word(17)).isEqualTo(0x0203040506070809L);
        assertThat(little.unsigned(21, 4)).isEqualTo(0x09080706);
        assertThat(big.unsigned(21, 4)).isEqualTo(0x06070809);
        assertThat(little.unsigned(24, 1)).isEqualTo(9);
        assertThat(little.contains(24, 2)).isFalse();
        assertThat(little.contains(15, 1)).isFalse();
        assertThat(little.contains(-8, 8)).isFalse();
        assertThat(little.contains(Long.MAX_VALUE, 8)).isFalse();
    }

    /** An interrupt closes the channels that the thread reads from. */
    @Test
    void anInterruptedThreadReadsMemoryLikeAnyOther() throws IOException {
        String maps = Files.readString(Path.of("/proc/self/maps"));
        long low = Long.parseUnsignedLong(maps, 0, maps.indexOf('-'), 16);
        byte[] word = new byte[4];
        try (ProcessMemory memory = ProcessMemory.ofSelf()) {
            Thread.currentThread().interrupt();
            try {
                assertThat(memory.read(low, word, 0, 4)).isEqualTo(4);
            } finally {
                assertThat(Thread.interrupted()).isTrue();
            }
            assertThat(memory.read(low, word, 0, 4)).isEqualTo(4);
            assertThat(memory.read(-1, word, 0, 4)).isZero();
        }
    }

    /** Implementors of the interface's two hot methods get the narrow reads for nothing. */
    @Test
    void theDefaultReadsNarrowWordsUpToTheVeryEnd() {
        StackSnapshot snapshot = new StackSnapshot(LOW, bytes, ByteOrder.LITTLE_ENDIAN);
        StackMemory onlyHot = new StackMemory() {
            @Override
            public long lowAvma() {
                return snapshot.lowAvma();
            }

            @Override
            public long highAvma() {
                return snapshot.highAvma();
            }

            @Override
            public boolean contains(long avma, int length) {
                return snapshot.contains(avma, length);
            }

            @Override
            public long word(long avma) {
                return snapshot.word(avma);
            }
        };
        for (int size : new int[] {1, 2, 4, 8}) {
            for (long at : new long[] {LOW, LOW + 77, snapshot.highAvma() - size}) {
                assertThat(onlyHot.unsigned(at, size)).isEqualTo(snapshot.unsigned(at, size));
            }
        }
    }

    @Test
    void pagesReadOnDemandAgreeWithTheMemoryBehindThem() {
        StackSnapshot snapshot = new StackSnapshot(LOW, bytes, ByteOrder.LITTLE_ENDIAN);
        CachedPages pages = new CachedPages(new SnapshotMemory(snapshot), ByteOrder.LITTLE_ENDIAN);
        for (long at = LOW; at + 8 <= snapshot.highAvma(); at += 3) {
            assertThat(pages.contains(at, 8)).isTrue();
            assertThat(pages.word(at)).isEqualTo(snapshot.word(at));
        }
        assertThat(pages.contains(LOW, bytes.length)).isTrue();
        assertThat(pages.contains(LOW, bytes.length + 1)).isFalse();
        assertThat(pages.contains(LOW - 1, 8)).isFalse();
        assertThat(pages.contains(LOW + 5000, 8)).isTrue();
        assertThat(pages.contains(-4, 8)).isFalse();
    }

    @Test
    void keptPagesAreReadWithoutAllocating() {
        StackSnapshot snapshot = new StackSnapshot(LOW, bytes, ByteOrder.LITTLE_ENDIAN);
        CachedPages pages = new CachedPages(new SnapshotMemory(snapshot), ByteOrder.LITTLE_ENDIAN);
        long[] sum = {0};
        assertThat(Allocation.bytesPerRun(() -> sum[0] += pages.contains(LOW + 64, 8) ? pages.word(LOW + 64) : 0))
                .isZero();
        assertThat(sum[0]).isNotZero();
    }

    @Test
    void aProcessReadsItselfAndStopsAtHoles() throws IOException {
        try (ProcessMemory memory = ProcessMemory.ofSelf()) {
            String line = Files.readAllLines(Path.of("/proc/self/maps")).stream()
                    .filter(mapping -> mapping.contains("r--p 00000000") && mapping.contains("/"))
                    .findFirst()
                    .orElseThrow();
            byte[] header = new byte[4];
            long low = Long.parseUnsignedLong(line.substring(0, line.indexOf('-')), 16);
            assertThat(memory.read(low, header, 0, 4)).isEqualTo(4);
            assertThat(memory.read(0, header, 0, 4)).isZero();
            assertThat(memory.read(-4096, header, 0, 4)).isZero();
        }
    }
}

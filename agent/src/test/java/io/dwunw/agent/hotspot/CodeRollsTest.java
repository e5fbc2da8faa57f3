// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.agent.linux.Linux;
import io.dwunw.agent.linux.NativeLibrary;
import io.dwunw.agent.linux.SelfMemory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

final class CodeRollsTest {
    private final RollBuffer written = new RollBuffer();
    private final CodeRolls rolls = new CodeRolls(written.memory());

    @Test
    void knowsNothingBeforeTheFirst() {
        assertThat(rolls.wasThere(0, 0, 1, 100)).isFalse();
        assertThat(rolls.lastPauseNanos()).isZero();
    }

    @Test
    void asksTheFirstRollAfterTheMoment() {
        written.call(0, 100, 0, 1, 4, 2, 8, 3);
        written.call(100, 200, 0, 1, 4, 5);

        assertThat(rolls.wasThere(0, 4, 2, 100)).isTrue();
        assertThat(rolls.wasThere(0, 4, 5, 100)).isFalse();
        assertThat(rolls.wasThere(0, 4, 5, 101)).isTrue();
        assertThat(rolls.wasThere(0, 4, 2, 101)).isFalse();
        assertThat(rolls.wasThere(0, 8, 3, 50)).isTrue();
        assertThat(rolls.wasThere(0, 8, 3, 150)).isFalse();
        assertThat(rolls.wasThere(0, 6, 2, 50)).as("no block begins there").isFalse();
        assertThat(rolls.wasThere(0, 0, 1, 201)).as("no roll was called since").isFalse();
        assertThat(rolls.lastPauseNanos()).isEqualTo(200);
    }

    @Test
    void knowsNothingOfWhatRanWhileNoneWasCalled() {
        written.call(0, 100, 0, 1);
        written.call(150, 200, 0, 1);

        assertThat(rolls.wasThere(0, 0, 1, 120)).isFalse();
        assertThat(rolls.wasThere(0, 0, 1, 160)).isTrue();
    }

    @Test
    void doesNotBelieveOneThatIsNotWhole() {
        written.call(0, 100, 0, 1);
        written.spoil();

        assertThat(rolls.wasThere(0, 0, 1, 50)).isFalse();
    }

    @Test
    void forgetsTheOldest() {
        for (int i = 0; i < 20; i++) {
            written.call(i * 100L, (i + 1) * 100L, 0, i);
        }
        assertThat(rolls.wasThere(0, 0, 19, 1950)).isTrue();
        assertThat(rolls.wasThere(0, 0, 4, 450)).isTrue();
        assertThat(rolls.wasThere(0, 0, 3, 350)).isFalse();
    }

    /** The rolls of this very JVM, each of which lists what is in its code cache. */
    @Test
    void aCollectionCallsARollOfAllCode() throws Exception {
        NativeLibrary.load();
        MetadataReader memory = new MetadataReader(new SelfMemory());
        VmStructs structs = VmStructsReader.read(memory, ExportedSymbols.at(libjvm(), memory));
        FieldFinder find = new FieldFinder(structs);
        int compileId = NmethodLayout.of(find).compileId();
        CodeCache cache = CodeCache.open(memory, Linux::memory, CodeCacheLayout.of(find), CodeBlobLayout.of(find));
        PerfData counters = PerfData.open(structs, memory, Linux::memory);
        CodeFrees frees = CodeFrees.of(CodeFrees.FIRST_WITHOUT_SWEEPER, true, null, counters, null);
        ByteBuffer buffer = Linux.codeRolls(cache.plan(compileId, frees));
        assertThat(buffer).isNotNull();
        CodeRolls live = new CodeRolls(buffer);
        for (int round = 0; round < 4; round++) {
            int[][] before = new int[cache.heaps()][];
            for (int heap = 0; heap < before.length; heap++) {
                before[heap] = blocks(cache.heap(heap), compileId);
            }
            live.ticked(System.nanoTime());
            long moment = System.nanoTime();
            System.gc();
            assertThat(live.lastPauseNanos()).isGreaterThan(moment);
            int there = 0;
            int all = 0;
            for (int heap = 0; heap < before.length; heap++) {
                for (int i = 0; i < before[heap].length; i += 2) {
                    there += live.wasThere(heap, before[heap][i], before[heap][i + 1], moment) ? 1 : 0;
                    all++;
                }
            }
            assertThat(all).isGreaterThan(200);
            // A compiler's buffers come and go.
            assertThat(there).isBetween(all - 10, all);
        }
    }

    /** Where each block in use begins, and what it has in the place of a compile id. */
    private static int[] blocks(CodeHeap heap, int compileId) {
        int[] found = new int[1 << 16];
        int count = 0;
        int segment = 0;
        for (int length = heap.blockLength(0); length > 0; length = heap.blockLength(segment)) {
            if (heap.isBlockUsed(segment)) {
                found[count++] = segment;
                found[count++] = heap.s4(segment, length, compileId);
            }
            segment += length;
        }
        return Arrays.copyOf(found, count);
    }

    private static long libjvm() throws Exception {
        try (var lines = Files.lines(Path.of("/proc/self/maps"))) {
            String first = lines.filter(line -> line.endsWith("/libjvm.so"))
                    .findFirst()
                    .orElseThrow();
            return Long.parseUnsignedLong(first.substring(0, first.indexOf('-')), 16);
        }
    }
}

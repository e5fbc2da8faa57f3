// SPDX-License-Identifier: MIT
package io.dwunw.agent.leak;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LiveMemoryTest {
    private static final long PAGE = 4096;
    private static final int TID = 7;
    private static final long BORN = 1_000;

    private final LiveMemory<String> live = new LiveMemory<>();
    private final List<String> deaths = new ArrayList<>();

    private void died(long address, long size, long lifetime) {
        deaths.add(address + "+" + size + "@" + lifetime);
    }

    private List<String> alive() {
        List<String> blocks = new ArrayList<>();
        live.forEach((address, size, weight, variance, time, stack) ->
                blocks.add(address + "+" + size + "*" + weight + stack));
        return blocks;
    }

    @Test
    void aFreeTellsSizeAndLifetime() {
        live.allocated(false, 32, 100, 400, 1_000, "a");
        live.freed(32, 3_500, this::died);
        live.freed(32, 4_000, this::died);
        assertThat(deaths).containsExactly("32+100@2500");
        assertThat(alive()).isEmpty();
    }

    @Test
    void aFailedReallocLeavesTheOldBlock() {
        live.allocated(false, 32, 100, 400, 1_000, "a");
        live.reallocating(32, TID);
        assertThat(alive()).isEmpty();
        assertThat(live.undoFree(32, TID)).isTrue();
        assertThat(alive()).containsExactly("32+100*400a");
        assertThat(live.undoFree(32, TID)).as("only once").isFalse();
        assertThat(deaths).isEmpty();
    }

    @Test
    void aPlainFreeCannotBeUndone() {
        live.allocated(false, 32, 100, 400, 1_000, "a");
        live.freed(32, 2_000, this::died);
        assertThat(live.undoFree(32, TID)).isFalse();
    }

    @Test
    void aFailedMremapBringsBackNothingThatWasUnmappedBefore() {
        live.allocated(true, PAGE, PAGE, PAGE, 0, "gone");
        live.unmapped(PAGE, PAGE, 1, TID, this::died);
        // Mapped again meanwhile, not sampled; now to be moved, which fails.
        live.unmapped(PAGE, PAGE, 2, TID, this::died);
        assertThat(live.undoFree(PAGE, TID)).isFalse();
        assertThat(alive()).isEmpty();
    }

    /**
     * As a table that is sampled each time, at interval 1: 24 bytes are what the allocator has room for in the first
     * place.
     */
    @Test
    void aBlockThatGrowsIsOneAndAsOldAsItsFirstAllocation() {
        live.allocated(false, 32, 17, 17, BORN, "made");
        reallocate(32, 64, 1_000, 24);
        live.grown(false, true, 64, 1_000, 976, 976, 2_000, "grown");
        reallocate(64, 64, 5_000, 1_000);
        live.grown(false, true, 64, 5_000, 4_000, 4_000, 3_000, "grown");
        assertThat(alive()).containsExactly("64+5000*5000grown");
        live.freed(64, 9_000, this::died);
        assertThat(deaths).containsExactly("64+5000@8000");
    }

    @Test
    void aBlockThatShrinksKeepsItsShare() {
        live.allocated(false, 32, 1_000, 4_000, BORN, "a");
        reallocate(32, 32, 250, 250);
        assertThat(alive()).containsExactly("32+250*1000a");
        reallocate(32, 32, 0, 0);
        assertThat(alive()).containsExactly("32+0*0a");
        reallocate(32, 48, 24, 24);
        assertThat(alive()).as("empty ones are sampled only where all are").containsExactly("48+24*24a");
    }

    @Test
    void aBlockThatWasSampledOnlyWhenItGrewIsKnownFromThenOn() {
        live.allocated(false, 32, 8, 8, 0, "died unseen");
        live.grown(false, false, 32, 1_000, 600, 2_400, BORN, "grown");
        assertThat(alive()).containsExactly("32+1000*2400grown");
        reallocate(32, 64, 500, 500);
        assertThat(alive()).containsExactly("64+500*1200grown");
    }

    @Test
    void whatTheSiteThatGrowsABlockAddsIsUnbiased() {
        Random random = new Random(42);
        double interval = 4096;
        double bytes = 0;
        double estimate = 0;
        double variance = 0;
        for (int block = 0; block < 4_000; block++) {
            live.freed(32, 0, this::died);
            long room = 0;
            long size = 0;
            boolean known = false;
            for (int step = 0; step < 6; step++) {
                long newSize = 1L + random.nextInt(3_000);
                long kept = Math.min(room, newSize);
                if (known) {
                    reallocate(32, 32, newSize, kept);
                }
                long drawn = newSize - kept;
                double chance = -Math.expm1(-drawn / interval);
                if (random.nextDouble() < chance) {
                    live.grown(false, known, 32, newSize, drawn, Math.round(drawn / chance), 0, "s");
                    known = true;
                }
                size = newSize;
                room = (newSize + 15) / 16 * 16;
            }
            bytes += size;
            double[] sums = new double[2];
            live.forEach((address, s, weight, v, time, stack) -> {
                sums[0] = weight;
                sums[1] = v;
            });
            estimate += sums[0];
            variance += sums[1];
        }
        assertThat(estimate).isCloseTo(bytes, within(4 * Math.sqrt(variance)));
        assertThat(Math.sqrt(variance)).isLessThan(bytes / 20);
    }

    @Test
    void theStackThatAddsMostIsShown() {
        live.allocated(false, 32, 100, 100, BORN, "made");
        for (int size = 200; size <= 1_000; size += 100) {
            reallocate(32, 32, size, size - 100);
            live.grown(false, true, 32, size, 100, 100, 0, size % 300 == 0 ? "seldom" : "often");
        }
        assertThat(alive()).containsExactly("32+1000*1000often");
    }

    @Test
    void aThreadsMoveIsNotAnothersThatGotTheAddress() {
        live.allocated(false, 32, 100, 100, BORN, "first");
        live.reallocating(32, TID);
        live.allocated(false, 32, 50, 50, BORN, "second");
        live.reallocating(32, TID + 1);
        live.moved(32, 64, 100, 100, 0, TID, this::died);
        live.moved(32, 96, 50, 50, 0, TID + 1, this::died);
        assertThat(alive()).containsExactlyInAnyOrder("64+100*100first", "96+50*50second");
    }

    @Test
    void aMappingThatGrowsIsOne() {
        live.allocated(true, PAGE, 2 * PAGE, 2 * PAGE, BORN, "made");
        live.remapping(PAGE, 2 * PAGE, TID);
        live.moved(PAGE, 10 * PAGE, 2 * PAGE, 2 * PAGE, 0, TID, this::died);
        live.grown(true, false, 10 * PAGE, 5 * PAGE, 3 * PAGE, 3 * PAGE, 5_000, "grown");
        assertThat(alive()).containsExactly(10 * PAGE + "+" + 5 * PAGE + "*" + 5 * PAGE + "grown");
        live.unmapped(10 * PAGE, 5 * PAGE, 9_000, TID, this::died);
        assertThat(deaths).containsExactly(10 * PAGE + "+" + 5 * PAGE + "@8000");
        assertThat(live.deadMappings()).isEqualTo(2);
    }

    @Test
    void theGrowthOfAMappingThatIsNotSampledIsAMapping() {
        live.allocated(true, 9 * PAGE, PAGE, PAGE, BORN, "neighbour");
        live.grown(true, false, 10 * PAGE, 5 * PAGE, 3 * PAGE, 6 * PAGE, BORN, "grown");
        live.grown(true, false, 20 * PAGE, 2 * PAGE, PAGE, PAGE, BORN, "other");
        assertThat(alive())
                .containsExactly(
                        9 * PAGE + "+" + PAGE + "*" + PAGE + "neighbour",
                        12 * PAGE + "+" + 3 * PAGE + "*" + 6 * PAGE + "grown",
                        21 * PAGE + "+" + PAGE + "*" + PAGE + "other");
    }

    @Test
    void allPartsOfARangeMoveAsFarAsTheNewPlaceReaches() {
        live.allocated(true, PAGE, 4 * PAGE, 8 * PAGE, BORN, "m");
        live.unmapped(2 * PAGE, PAGE, 5_000, TID, this::died);
        deaths.clear();
        live.remapping(PAGE, 4 * PAGE, TID);
        live.moved(PAGE, 20 * PAGE, 3 * PAGE, 3 * PAGE, 6_000, TID, this::died);
        assertThat(alive())
                .containsExactly(
                        20 * PAGE + "+" + PAGE + "*" + 2 * PAGE + "m", 22 * PAGE + "+" + PAGE + "*" + 2 * PAGE + "m");
        assertThat(deaths).containsExactly(4 * PAGE + "+" + PAGE + "@5000");
    }

    @Test
    void aFailedRemapBringsBackAllParts() {
        live.allocated(true, PAGE, 4 * PAGE, 4 * PAGE, BORN, "m");
        live.unmapped(2 * PAGE, PAGE, 5_000, TID + 1, this::died);
        live.remapping(PAGE, 4 * PAGE, TID);
        assertThat(live.undoFree(PAGE, TID)).isTrue();
        assertThat(alive())
                .containsExactly(
                        PAGE + "+" + PAGE + "*" + PAGE + "m", 3 * PAGE + "+" + 2 * PAGE + "*" + 2 * PAGE + "m");
    }

    private void reallocate(long from, long to, long size, long kept) {
        live.reallocating(from, TID);
        live.moved(from, to, size, kept, 0, TID, this::died);
    }

    @Test
    void aMappingUnmappedInTheMiddleLeavesBothEndsWithTheirShare() {
        live.allocated(true, 10 * PAGE, 4 * PAGE, 8 * PAGE, 5, "m");
        live.unmapped(11 * PAGE, PAGE, 15, TID, this::died);
        assertThat(alive())
                .containsExactly(
                        10 * PAGE + "+" + PAGE + "*" + 2 * PAGE + "m",
                        12 * PAGE + "+" + 2 * PAGE + "*" + 4 * PAGE + "m");
        assertThat(deaths).containsExactly(11 * PAGE + "+" + PAGE + "@10");
    }

    @Test
    void whatIsNotMappedAnyMoreIsForgotten() {
        live.allocated(true, PAGE, PAGE, PAGE, 0, "gone");
        live.allocated(true, 10 * PAGE, 4 * PAGE, 4 * PAGE, 0, "part");
        live.allocated(true, 20 * PAGE, PAGE, PAGE, 0, "there");
        live.allocated(true, 30 * PAGE, PAGE, PAGE, 0, "above");
        live.allocated(false, 32, 100, 100, 0, "block");
        live.forgetUnmapped(new long[] {2 * PAGE, 11 * PAGE, 13 * PAGE, 14 * PAGE, 14 * PAGE, 22 * PAGE});
        assertThat(alive())
                .containsExactlyInAnyOrder(
                        "32+100*100block",
                        10 * PAGE + "+" + PAGE + "*" + PAGE + "part",
                        13 * PAGE + "+" + PAGE + "*" + PAGE + "part",
                        20 * PAGE + "+" + PAGE + "*" + PAGE + "there");
        assertThat(live.deadMappings()).isEqualTo(2);
    }

    @Test
    void oneUnmappingTakesSeveralMappings() {
        live.allocated(true, PAGE, PAGE, PAGE, 0, "a");
        live.allocated(true, 2 * PAGE, PAGE, PAGE, 0, "b");
        live.allocated(true, 3 * PAGE, 2 * PAGE, 2 * PAGE, 0, "c");
        live.unmapped(PAGE, 3 * PAGE, 1, TID, this::died);
        assertThat(alive()).containsExactly(4 * PAGE + "+" + PAGE + "*" + PAGE + "c");
        assertThat(deaths).hasSize(3);
    }

    @Test
    void aMappingAtAFixedAddressReplacesWhatWasThere() {
        live.allocated(true, PAGE, 4 * PAGE, 4 * PAGE, 0, "old");
        live.allocated(true, 2 * PAGE, PAGE, PAGE, 0, "new");
        assertThat(alive())
                .containsExactly(
                        PAGE + "+" + PAGE + "*" + PAGE + "old",
                        2 * PAGE + "+" + PAGE + "*" + PAGE + "new",
                        3 * PAGE + "+" + 2 * PAGE + "*" + 2 * PAGE + "old");
    }

    @Test
    void aFailedRemapLeavesTheMapping() {
        live.allocated(true, PAGE, PAGE, PAGE, 7, "m");
        live.unmapped(PAGE, PAGE, 8, TID, this::died);
        assertThat(live.undoFree(PAGE, TID)).isTrue();
        assertThat(alive()).containsExactly(PAGE + "+" + PAGE + "*" + PAGE + "m");
    }

    /** As when both ends would be a mapping too many for the kernel. */
    @Test
    void aRefusedUnmappingLeavesTheWholeMapping() {
        live.allocated(true, PAGE, 4 * PAGE, 8 * PAGE, 7, "m");
        live.unmapped(2 * PAGE, PAGE, 8, TID, this::died);
        assertThat(live.undoFree(2 * PAGE, TID)).isTrue();
        assertThat(alive())
                .containsExactly(
                        PAGE + "+" + PAGE + "*" + 2 * PAGE + "m",
                        2 * PAGE + "+" + PAGE + "*" + 2 * PAGE + "m",
                        3 * PAGE + "+" + 2 * PAGE + "*" + 4 * PAGE + "m");
        live.unmapped(PAGE, 4 * PAGE, 9, TID, this::died);
        assertThat(alive()).isEmpty();
    }

    @Test
    void aMappingIsDeadWhenItsLastPageIsGone() {
        live.allocated(true, 10 * PAGE, 4 * PAGE, 4 * PAGE, 0, "m");
        live.allocated(true, 20 * PAGE, PAGE, PAGE, 0, "n");
        live.unmapped(11 * PAGE, PAGE, 1, TID, this::died);
        assertThat(live.deadMappings()).isZero();
        live.unmapped(10 * PAGE, PAGE, 1, TID, this::died);
        long before = live.mappingChanges();
        live.unmapped(10 * PAGE, PAGE, 1, TID, this::died);
        assertThat(live.mappingChanges()).as("nothing was mapped there").isEqualTo(before);
        live.unmapped(12 * PAGE, 2 * PAGE, 1, TID, this::died);
        assertThat(live.deadMappings()).isEqualTo(1);
        assertThat(live.mappingChanges()).isNotEqualTo(before);
    }

    @Test
    void whatIsOlderThanTheRecordingIsForgotten() {
        live.allocated(false, 16, 10, 10, BORN - 1, "before");
        live.allocated(false, 32, 10, 10, BORN, "after");
        live.allocated(true, PAGE, PAGE, PAGE, BORN - 1, "before");
        live.allocated(true, 3 * PAGE, PAGE, PAGE, BORN, "after");
        live.forgetBefore(BORN);
        assertThat(alive()).containsExactly("32+10*10after", 3 * PAGE + "+" + PAGE + "*" + PAGE + "after");
        assertThat(live.deadMappings()).isEqualTo(1);
    }

    @Test
    void nonsenseRangesAreIgnored() {
        live.allocated(true, -1, 10, 10, 0, "x");
        live.allocated(true, Long.MAX_VALUE - 5, 10, 10, 0, "x");
        live.allocated(true, 10, 0, 0, 0, "x");
        live.allocated(false, 0, 10, 10, 0, "x");
        live.unmapped(0, Long.MAX_VALUE, 0, TID, this::died);
        live.unmapped(5, -1, 0, TID, this::died);
        assertThat(live.count()).isZero();
        assertThat(deaths).isEmpty();
    }
}

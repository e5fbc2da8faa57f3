package io.dwunw.agent.leak;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LiveMemoryTest {
    private static final long PAGE = 4096;

    private final LiveMemory<String> live = new LiveMemory<>();
    private final List<String> deaths = new ArrayList<>();

    private void died(long address, long size, long lifetime) {
        deaths.add(address + "+" + size + "@" + lifetime);
    }

    private List<String> alive() {
        List<String> blocks = new ArrayList<>();
        live.forEach((address, size, weight, time, stack) -> blocks.add(address + "+" + size + "*" + weight + stack));
        return blocks;
    }

    @Test
    void aFreeTellsSizeAndLifetime() {
        live.allocated(false, 32, 100, 400, 1_000, "a");
        live.freed(32, 3_500, false, this::died);
        live.freed(32, 4_000, false, this::died);
        assertThat(deaths).containsExactly("32+100@2500");
        assertThat(alive()).isEmpty();
    }

    @Test
    void aFailedReallocLeavesTheOldBlock() {
        live.allocated(false, 32, 100, 400, 1_000, "a");
        live.freed(32, 2_000, true, this::died);
        assertThat(alive()).isEmpty();
        assertThat(live.unfreed(32)).isTrue();
        assertThat(alive()).containsExactly("32+100*400a");
        assertThat(live.unfreed(32)).as("only once").isFalse();
    }

    @Test
    void aPlainFreeCannotBeUndone() {
        live.allocated(false, 32, 100, 400, 1_000, "a");
        live.freed(32, 2_000, false, this::died);
        assertThat(live.unfreed(32)).isFalse();
    }

    @Test
    void aFailedMremapBringsBackNothingThatWasUnmappedBefore() {
        live.allocated(true, PAGE, PAGE, PAGE, 0, "gone");
        live.unmapped(PAGE, PAGE, 1, true, this::died);
        // Mapped again meanwhile, not sampled; now to be moved, which fails.
        live.unmapped(PAGE, PAGE, 2, true, this::died);
        assertThat(live.unfreed(PAGE)).isFalse();
        assertThat(alive()).isEmpty();
    }

    @Test
    void aMappingUnmappedInTheMiddleLeavesBothEndsWithTheirShare() {
        live.allocated(true, 10 * PAGE, 4 * PAGE, 8 * PAGE, 5, "m");
        live.unmapped(11 * PAGE, PAGE, 15, false, this::died);
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
        live.unmapped(PAGE, 3 * PAGE, 1, false, this::died);
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
        live.unmapped(PAGE, PAGE, 8, true, this::died);
        assertThat(live.unfreed(PAGE)).isTrue();
        assertThat(alive()).containsExactly(PAGE + "+" + PAGE + "*" + PAGE + "m");
    }

    /** As when both ends would be a mapping too many for the kernel. */
    @Test
    void aRefusedUnmappingLeavesTheWholeMapping() {
        live.allocated(true, PAGE, 4 * PAGE, 8 * PAGE, 7, "m");
        live.unmapped(2 * PAGE, PAGE, 8, true, this::died);
        assertThat(live.unfreed(2 * PAGE)).isTrue();
        assertThat(alive())
                .containsExactly(
                        PAGE + "+" + PAGE + "*" + 2 * PAGE + "m",
                        2 * PAGE + "+" + PAGE + "*" + 2 * PAGE + "m",
                        3 * PAGE + "+" + 2 * PAGE + "*" + 4 * PAGE + "m");
        live.unmapped(PAGE, 4 * PAGE, 9, true, this::died);
        assertThat(alive()).isEmpty();
    }

    @Test
    void aMappingIsDeadWhenItsLastPageIsGone() {
        live.allocated(true, 10 * PAGE, 4 * PAGE, 4 * PAGE, 0, "m");
        live.allocated(true, 20 * PAGE, PAGE, PAGE, 0, "n");
        live.unmapped(11 * PAGE, PAGE, 1, false, this::died);
        assertThat(live.deadMappings()).isZero();
        live.unmapped(10 * PAGE, PAGE, 1, false, this::died);
        long before = live.mappingChanges();
        live.unmapped(10 * PAGE, PAGE, 1, false, this::died);
        assertThat(live.mappingChanges()).as("nothing was mapped there").isEqualTo(before);
        live.unmapped(12 * PAGE, 2 * PAGE, 1, false, this::died);
        assertThat(live.deadMappings()).isEqualTo(1);
        assertThat(live.mappingChanges()).isNotEqualTo(before);
    }

    @Test
    void nonsenseRangesAreIgnored() {
        live.allocated(true, -1, 10, 10, 0, "x");
        live.allocated(true, Long.MAX_VALUE - 5, 10, 10, 0, "x");
        live.allocated(true, 10, 0, 0, 0, "x");
        live.allocated(false, 0, 10, 10, 0, "x");
        live.unmapped(0, Long.MAX_VALUE, 0, false, this::died);
        live.unmapped(5, -1, 0, false, this::died);
        assertThat(live.count()).isZero();
        assertThat(deaths).isEmpty();
    }
}

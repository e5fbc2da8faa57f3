// SPDX-License-Identifier: MIT
package io.dwunw.agent.leak;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class AllocationSitesTest {
    private final LiveMemory<String> live = new LiveMemory<>();

    /** The first letter is the site; what follows stands for line numbers. */
    private List<AllocationSite<String>> outstanding(long now, long minAge) {
        return find(now, minAge).sites();
    }

    private LeakFindings<String> find(long now, long minAge) {
        return AllocationSites.outstanding(live, now, minAge, stack -> stack.charAt(0));
    }

    @Test
    void stacksOfOneSiteAreAddedUpUnderTheHeaviest() {
        live.allocated(false, 16, 100, 1_000, 10, "a:1");
        live.allocated(false, 32, 100, 3_000, 20, "a:2");
        live.allocated(false, 48, 50, 50, 40, "b:1");
        assertThat(outstanding(100, 0))
                .containsExactly(
                        new AllocationSite<>('a', "a:2", 4_000, 40, 200, 2, 90, 80, 526, 14_992),
                        new AllocationSite<>('b', "b:1", 50, 1, 50, 1, 60, 60, 50, 50));
    }

    @Test
    void youngBlocksAreNoLeak() {
        live.allocated(false, 16, 100, 100, 10, "a");
        live.allocated(false, 32, 7, 7, 95, "a");
        live.allocated(false, 48, 7, 7, 95, "b");
        assertThat(outstanding(100, 50))
                .containsExactly(new AllocationSite<>('a', "a", 100, 1, 100, 1, 90, 90, 100, 100));
    }

    @Test
    void youngBlocksAreAddedUp() {
        live.allocated(false, 16, 100, 3_000, 10, "a");
        live.allocated(false, 32, 7, 70, 95, "a");
        live.allocated(true, 4096, 4096, 4096, 95, "b");
        LeakFindings<String> findings = find(100, 50);
        assertThat(findings.outstandingBytes()).isEqualTo(3_000);
        assertThat(findings.youngerBlocks()).isEqualTo(11);
        assertThat(findings.youngerBytes()).isEqualTo(4_166);
        assertThat(find(200, 50).youngerBlocks()).isZero();
    }

    @Test
    void aSiteThatRestsOnOneHeavySampleComesAfterOneThatManyVouchFor() {
        live.allocated(false, 16, 136, 8 << 20, 10, "phantom");
        for (int i = 1; i <= 5; i++) {
            live.allocated(false, 16 + 16 * i, 30_000, 540_000, 10, "leak");
        }
        assertThat(outstanding(100, 0)).extracting(AllocationSite::stack).containsExactly("leak", "phantom");
    }

    @Test
    void freedSitesAreGone() {
        live.allocated(false, 16, 100, 100, 10, "a");
        live.freed(16, 50, (address, size, lifetime) -> {});
        assertThat(outstanding(100, 0)).isEmpty();
    }

    @Test
    void emptyBlocksCountAsBlocks() {
        live.allocated(false, 16, 0, 0, 10, "a");
        assertThat(outstanding(100, 0)).singleElement().satisfies(site -> {
            assertThat(site.outstandingBytes()).isZero();
            assertThat(site.outstandingCount()).isEqualTo(1);
        });
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.leak;

import java.util.List;

/**
 * Result of a search for leaks.
 *
 * @param sites that hold memory of the minimum age; first those that surely hold most
 * @param youngerBlocks estimate of the live blocks that are younger
 * @param youngerBytes estimate of their bytes
 */
public record LeakFindings<S>(List<AllocationSite<S>> sites, long youngerBlocks, long youngerBytes) {
    public LeakFindings {
        sites = List.copyOf(sites);
    }

    /** Estimate of the bytes that all sites hold. */
    public long outstandingBytes() {
        long sum = 0;
        for (AllocationSite<S> site : sites) {
            sum += site.outstandingBytes();
        }
        return sum;
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.leak;

/**
 * Site that has allocated blocks, with what it has outstanding.
 *
 * @param site identity of the site: a hash of what the application did, the same in the next run
 * @param stack the stack that holds the most of it; sites may have several that differ in lines and inner native
 *     functions
 * @param outstandingBytes estimate of the bytes allocated here and not freed
 * @param outstandingCount estimate of the blocks allocated here and not freed
 * @param sampledBytes sizes of the sampled blocks, added up
 * @param sampledCount number of sampled blocks that the estimates rest on
 * @param oldestNanos age of the oldest sampled block
 * @param youngestNanos age of the youngest sampled block
 * @param outstandingLow lower end of the 90 % interval of {@code outstandingBytes}, see {@link SumInterval}
 * @param outstandingHigh upper end
 */
public record AllocationSite<S>(
        long site,
        S stack,
        long outstandingBytes,
        long outstandingCount,
        long sampledBytes,
        long sampledCount,
        long oldestNanos,
        long youngestNanos,
        long outstandingLow,
        long outstandingHigh) {}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.budget;

/**
 * Sizes that the agent's tables may have: they lie in the application's Java heap, and where that is small an {@code
 * OutOfMemoryError} would be the application's. All shares together are less than a third. Stateless.
 */
public final class HeapShare {
    private static final int FEWEST = 256;

    private HeapShare() {}

    /**
     * Entries of one table.
     *
     * @param most whatever the heap's size
     * @param bytesEach that an entry takes, with what belongs to it alone
     * @param part the table may take the heap's n-th part
     */
    public static int entries(int most, int bytesEach, int part) {
        return entries(Runtime.getRuntime().maxMemory(), most, bytesEach, part);
    }

    static int entries(long heapBytes, int most, int bytesEach, int part) {
        return (int) Math.max(FEWEST, Math.min(most, heapBytes / part / bytesEach));
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.golden;

/**
 * A way to a native allocation.
 *
 * @param lowestSize of the allocation that is meant, in bytes; what HotSpot adds to it is small
 * @param warmUp runs before, unseen, until the code is compiled as the scenario wants it
 * @param run ends in the allocation, among others perhaps
 */
record Scenario(String name, long lowestSize, Body warmUp, Body run) {
    private static final long SPAN = 1000;

    /** Code of a scenario. */
    @FunctionalInterface
    interface Body {
        void run() throws Throwable;
    }

    boolean isMeant(long size) {
        return size >= lowestSize && size < lowestSize + SPAN;
    }
}

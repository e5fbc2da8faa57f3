// SPDX-License-Identifier: MIT
package io.dwunw.agent.sidecar;

/**
 * Source of random numbers: xorshift64 (Marsaglia 2003), because those of the JDK would have to be loaded. Not
 * thread-safe.
 */
final class Chance {
    private long state;

    /** @param seed not 0 */
    Chance(long seed) {
        state = seed;
    }

    /** Uniform from 0 to 1. */
    double next() {
        state ^= state << 13;
        state ^= state >>> 7;
        state ^= state << 17;
        return (state >>> 11) * 0x1p-53;
    }
}

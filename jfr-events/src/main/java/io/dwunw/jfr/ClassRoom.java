// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

/** Room that generated classes go to. */
interface ClassRoom {
    /**
     * Whether there is room for more of them, with enough left for others.
     *
     * @param bytes that they take
     * @param taken bytes that the generated classes take already
     */
    boolean has(long bytes, long taken);
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

/**
 * Something that the JVM has done so many times: it only rises, and that before what it announces takes effect. Hot.
 */
@FunctionalInterface
public interface JvmCounter {
    long value();

    /** Where the word is that holds it; 0 if it is in none. */
    default long address() {
        return 0;
    }
}

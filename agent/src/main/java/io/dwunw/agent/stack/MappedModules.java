// SPDX-License-Identifier: MIT
package io.dwunw.agent.stack;

/**
 * Judge of how far the module map can be believed about a stack that was copied a while ago: libraries come and go
 * meanwhile, and a later one may lie where an earlier one did.
 */
public interface MappedModules {
    /**
     * A stack is about to be walked. Brings the map up to date if libraries have come or gone since it was made.
     *
     * @param sampleNanos when the stack was copied, on the clock of {@link System#nanoTime()}
     */
    default void begin(long sampleNanos) {}

    /**
     * A pc lies in no module: brings the map up to date if that can help.
     *
     * @return whether the map has changed
     */
    boolean refreshAfterMiss(long sampleNanos);

    /** Whether all modules of the map were there when the stack was copied. Hot. */
    default boolean allWereMapped(long sampleNanos) {
        return true;
    }

    /** Whether a module of the map was certainly there when the stack was copied. */
    default boolean wasMapped(int moduleId, long sampleNanos) {
        return true;
    }

    /** Whether a library may have been unloaded since the stack was copied. */
    default boolean unloadedSince(long sampleNanos) {
        return false;
    }
}

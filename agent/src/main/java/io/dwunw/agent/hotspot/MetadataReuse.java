// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

/**
 * Notices when the memory of a method may have been taken for another one, though no class was unloaded: replacing a
 * class (retransformation, redefinition) frees the methods of its older versions, and the next classes of the same
 * loader take their place.
 *
 * <p>HotSpot frees such memory at safepoints only, and takes it only while it parses a class. It counts the class when
 * it has been parsed, and links it, which makes its constant pool's cache, after that: a frame whose pool cache agrees
 * with the method's is of a class that was counted. In a program that has loaded its classes that is never.
 *
 * <p>Hot: two loads a walk.
 */
final class MetadataReuse {
    private final JvmCounter loadedClasses;
    private final JvmCounter safepoints;
    private long loadedBefore;
    private long safepointsBefore;

    /**
     * @param loadedClasses rises with every class that is parsed, also for a replacement
     * @param safepoints rises with every safepoint; where that is not known, the same as {@code loadedClasses}
     */
    MetadataReuse(JvmCounter loadedClasses, JvmCounter safepoints) {
        this.loadedClasses = loadedClasses;
        this.safepoints = safepoints;
        loadedBefore = loadedClasses.value();
        safepointsBefore = safepoints.value();
    }

    /** Whether it may have happened since {@link #noticed}. */
    boolean possible() {
        return safepoints.value() != safepointsBefore && loadedClasses.value() != loadedBefore;
    }

    /** From now on only what happens later counts. */
    void noticed() {
        safepointsBefore = safepoints.value();
        loadedBefore = loadedClasses.value();
    }
}

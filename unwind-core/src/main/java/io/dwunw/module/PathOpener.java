// SPDX-License-Identifier: MIT
package io.dwunw.module;

/**
 * Opens files by the bytes of their path: the JVM cannot name a file with characters that are not in its locale's
 * encoding, which in the locale {@code C} are all but ASCII's.
 */
public interface PathOpener {
    /**
     * Opens a file to be read.
     *
     * @return a descriptor, for {@code /proc/self/fd}; negative if that is not possible
     */
    int open(byte[] path);

    /** Closes what {@link #open} has opened. */
    void close(int descriptor);
}

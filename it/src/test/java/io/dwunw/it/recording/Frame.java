// SPDX-License-Identifier: MIT
package io.dwunw.it.recording;

/**
 * A frame of an event's stack trace, as the reader shows it.
 *
 * @param type class name with dots; the library's base name for a native frame
 * @param line 0 or less for none
 */
public record Frame(String type, String method, int line) {
    /** Invisible; keeps replayed {@code java.*} classes apart from the JDK's own. */
    private static final String WORD_JOINER = "\u2060";

    /** A frame with the agent's substitutions undone, as far as they can be. */
    static Frame shown(String type, String method, int line) {
        return new Frame(
                type.replace('/', '.').replace(WORD_JOINER, ""),
                method.replace(WORD_JOINER, "").replace('‹', '<').replace('›', '>'),
                line);
    }

    /** {@code libz.inflateInit2_}. */
    public String name() {
        return type + "." + method;
    }
}

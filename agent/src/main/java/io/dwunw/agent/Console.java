// SPDX-License-Identifier: MIT
package io.dwunw.agent;

import java.io.PrintStream;

/**
 * The agent's only voice: single lines on standard error, each starting with {@code dwunw: }.
 *
 * <p>Thread-safe. Never throws: a closed or replaced {@code System.err} only costs the message.
 */
public final class Console {
    private static final String PREFIX = "dwunw: ";

    private Console() {}

    /** Prints one line; line breaks inside {@code message} become spaces, so that it stays one. */
    public static void line(String message) {
        print(PREFIX + message.replaceAll("\\s*\\R\\s*", " "));
    }

    /** Prints several lines as they are, for {@code help}. */
    public static void block(String text) {
        print(text);
    }

    /** A failure in a few words: the kind of exception, and its message when it has one. */
    public static String describe(Throwable failure) {
        String message = failure.getMessage();
        String kind = failure.getClass().getSimpleName();
        return message == null || message.isBlank() ? kind : kind + ": " + message;
    }

    private static void print(String text) {
        try {
            PrintStream err = System.err;
            err.println(text);
            err.flush();
        } catch (RuntimeException ignored) {
            // An application may have installed a stream that throws; a diagnostic is not worth a failure.
        }
    }
}

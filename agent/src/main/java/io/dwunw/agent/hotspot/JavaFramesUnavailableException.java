// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

/**
 * Java frames cannot be walked in this JVM; the message is one line that says what is missing. Native frames still can.
 */
public final class JavaFramesUnavailableException extends Exception {
    public JavaFramesUnavailableException(String message) {
        super(message);
    }
}

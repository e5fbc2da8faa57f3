// SPDX-License-Identifier: MIT
package io.dwunw.agent.linux;

import org.jspecify.annotations.Nullable;

/** The JNI library cannot be had; the message is one line fit for a user. */
public final class NativeLibraryException extends Exception {
    private static final long serialVersionUID = 1;

    NativeLibraryException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}

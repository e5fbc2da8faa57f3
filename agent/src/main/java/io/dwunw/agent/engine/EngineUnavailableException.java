// SPDX-License-Identifier: MIT
package io.dwunw.agent.engine;

import org.jspecify.annotations.Nullable;

/** An engine cannot be had here. The message is one line fit for a user: what is missing, and what to do. */
public abstract class EngineUnavailableException extends Exception {
    private static final long serialVersionUID = 1;

    protected EngineUnavailableException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}

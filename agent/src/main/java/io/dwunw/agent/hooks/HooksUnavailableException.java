// SPDX-License-Identifier: MIT
package io.dwunw.agent.hooks;

import io.dwunw.agent.engine.EngineUnavailableException;
import org.jspecify.annotations.Nullable;

/** This process cannot have the hooks; the message is one line that says why. */
public final class HooksUnavailableException extends EngineUnavailableException {
    HooksUnavailableException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.gate;

import io.dwunw.agent.engine.EngineUnavailableException;
import org.jspecify.annotations.Nullable;

/** This process cannot have the gate; the message is one line that says why. */
public final class GateUnavailableException extends EngineUnavailableException {
    GateUnavailableException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}

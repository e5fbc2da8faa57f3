package io.dwunw.agent.gate;

import org.jspecify.annotations.Nullable;

/** This process cannot have the gate; the message is one line that says why. */
public final class GateUnavailableException extends Exception {
    GateUnavailableException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}

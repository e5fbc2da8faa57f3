// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import io.dwunw.agent.engine.EngineUnavailableException;
import org.jspecify.annotations.Nullable;

/** Uprobes cannot be had here. The message is one line fit for a user: what is missing, and what to do. */
public final class BpfUnavailableException extends EngineUnavailableException {
    private static final long serialVersionUID = 1;

    /** Kind of thing that is missing. */
    public enum Reason {
        NOT_LINUX,
        NATIVE_LIBRARY,
        NO_GLIBC,
        LIBC_REPLACED,
        MISSING_CAPABILITY,
        SECCOMP,
        LOCKDOWN,
        OLD_KERNEL,
        NO_UPROBES,
        VERIFIER,
        RESOURCES,
        REFUSED
    }

    private final Reason reason;

    BpfUnavailableException(Reason reason, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}

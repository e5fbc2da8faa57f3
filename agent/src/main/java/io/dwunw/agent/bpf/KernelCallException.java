// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import io.dwunw.agent.linux.Errno;

/** The kernel refused a call. Cold; turned into advice by {@link Diagnosis}. */
class KernelCallException extends Exception {
    private static final long serialVersionUID = 1;

    private final String call;
    private final int error;

    KernelCallException(String call, int error) {
        super(call + ": " + Errno.name(error));
        this.call = call;
        this.error = error;
    }

    KernelCallException(String call, int error, String detail) {
        super(call + ": " + Errno.name(error) + ": " + detail);
        this.call = call;
        this.error = error;
    }

    /** For example {@code bpf(BPF_PROG_LOAD)}. */
    String call() {
        return call;
    }

    int error() {
        return error;
    }
}

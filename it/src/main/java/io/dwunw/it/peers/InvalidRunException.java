// SPDX-License-Identifier: MIT
package io.dwunw.it.peers;

/** A run that did not measure what it claims; the message says why, in a few words for the table. */
final class InvalidRunException extends Exception {
    private final String reason;

    InvalidRunException(String reason) {
        super(reason);
        this.reason = reason;
    }

    String reason() {
        return reason;
    }
}

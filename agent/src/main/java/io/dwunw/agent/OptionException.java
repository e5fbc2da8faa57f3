// SPDX-License-Identifier: MIT
package io.dwunw.agent;

/** Options that cannot be understood. The message is one line for the user: what is wrong, and what would be right. */
public final class OptionException extends Exception {
    private static final long serialVersionUID = 1L;

    OptionException(String message) {
        super(message);
    }
}

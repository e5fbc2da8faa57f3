// SPDX-License-Identifier: MIT
package io.dwunw.symbol.demangle;

/** The text is not a mangled name, or one too large to print. Stackless: it is an ordinary answer, not a fault. */
final class NotMangledException extends RuntimeException {
    NotMangledException() {
        super("not a mangled name", null, false, false);
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.it.bench;

import io.dwunw.it.program.NativeBlocks;

/**
 * Some profilers come to their feet long after {@code main} has begun: the command that starts the program may ask it
 * to wait.
 */
final class Readiness {
    /** If {@code true}, the program begins when something sits on malloc. */
    private static final String PROPERTY = "dwunw.bench.awaitTracing";

    private Readiness() {}

    static void await() throws InterruptedException {
        if (Boolean.getBoolean(PROPERTY)) {
            NativeBlocks.awaitTracing();
        }
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent;

import io.dwunw.jfr.AgentStates;

/** Agent that cannot trace: recordings say why. Only to be loaded where there is {@code jdk.jfr}. */
final class Untraced {
    /** Characters of an argument that was not understood, which may be of any length. */
    private static final int MAX_SHOWN = 500;

    private Untraced() {}

    /**
     * Has recordings say it. It is printed, too, so nothing is lost where they cannot.
     *
     * @param argument as the user wrote it
     */
    static void record(String why, String argument) {
        try {
            String options = argument.length() <= MAX_SHOWN ? argument : argument.substring(0, MAX_SHOWN) + "…";
            AgentStates.ofJvm(options).notTracing(why);
        } catch (RuntimeException | LinkageError e) {
            // Where the recorder cannot be used, the start of a recording fails and says so.
        }
    }
}

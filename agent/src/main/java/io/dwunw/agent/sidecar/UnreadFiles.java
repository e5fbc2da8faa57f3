// SPDX-License-Identifier: MIT
package io.dwunw.agent.sidecar;

import io.dwunw.bytes.ReadBudget;
import java.util.function.Consumer;

/** Counts the files of which something was left out because it would take too much, and says it of the first. */
public final class UnreadFiles implements ReadBudget.Listener {
    private final Consumer<String> console;
    private volatile long count;

    /** @param console takes a line for the user */
    public UnreadFiles(Consumer<String> console) {
        this.console = console;
    }

    @Override
    public void leftOut(String file, String why) {
        long before = count;
        count = before + 1;
        if (before == 0) {
            console.accept(
                    "left out a part of " + file + ": " + why + " (said once, counted in dwunw.AgentStatistics)");
        }
    }

    /** How many there were. */
    public long count() {
        return count;
    }
}

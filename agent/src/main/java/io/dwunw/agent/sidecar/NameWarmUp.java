// SPDX-License-Identifier: MIT
package io.dwunw.agent.sidecar;

import io.dwunw.agent.stack.StackTrace;
import java.util.ArrayDeque;

/**
 * Work that the sidecar does while a recording is expected and nothing is to be published yet: it names the first
 * stacks, so that symbol tables are read and classes are loaded beside JFR's own start, and not when the application,
 * which may live for a tenth of a second, waits for its end. Confined to the sidecar thread.
 */
final class NameWarmUp {
    /** Enough to have met all that naming needs; more would only take time from the application. */
    private static final int MAX_STACKS = 16;

    private final ArrayDeque<StackTrace> stacks = new ArrayDeque<>(MAX_STACKS);
    private final NamedStackCache names;
    private int left = MAX_STACKS;

    NameWarmUp(NamedStackCache names) {
        this.names = names;
    }

    /** A stack was met that is not to be published. */
    void offer(StackTrace stack) {
        if (left > 0) {
            left--;
            stacks.add(stack);
        }
    }

    /** Names one stack; false if there is none. */
    boolean step() {
        StackTrace next = stacks.poll();
        if (next == null) {
            return false;
        }
        names.rehearse(next);
        return true;
    }

    /** No more is to be named ahead. */
    void end() {
        left = 0;
        stacks.clear();
    }
}

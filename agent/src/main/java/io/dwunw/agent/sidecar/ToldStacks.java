package io.dwunw.agent.sidecar;

import io.dwunw.agent.stack.StackTrace;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/**
 * The stacks whose text stands in the chunk that JFR is writing: a kilobyte that JFR would write again with each event,
 * since it shares only strings of less than 128 characters. Confined to the sidecar thread.
 */
final class ToldStacks {
    private static final int MAX_STACKS = 1 << 14;
    /** How long an event may still get into the chunk that was announced to end. */
    private static final long CHANGE_NANOS = 1_000_000_000;

    private final Set<StackTrace> told = Collections.newSetFromMap(new IdentityHashMap<>());
    private boolean changing;
    private long changesUntil;

    /** Whether the text of {@code stack} must be written now; if so, it counts as written. */
    boolean isNews(StackTrace stack, long nanoTime) {
        if (changing) {
            changing = nanoTime - changesUntil < 0;
            if (changing) {
                return true;
            }
        }
        if (told.size() >= MAX_STACKS) {
            told.clear();
        }
        return told.add(stack);
    }

    /** A chunk is about to be ended, and the next to begin. */
    void chunkEnded(long nanoTime) {
        told.clear();
        changing = true;
        changesUntil = nanoTime + CHANGE_NANOS;
    }
}

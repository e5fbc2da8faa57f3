// SPDX-License-Identifier: MIT
package io.dwunw.agent.sidecar;

import io.dwunw.agent.stack.StackTrace;
import java.util.IdentityHashMap;

/**
 * The stacks whose text was written to the current chunk a moment ago: a kilobyte that JFR would write again with each
 * event of a busy stack, since it shares only strings of less than 128 characters. Confined to the sidecar thread.
 */
final class FrameTextDeduplicator {
    private static final int MAX_STACKS = 1 << 14;
    /** A moment: events of stacks that are not busy all have their text. */
    private static final long REPEAT_NANOS = 1_000_000_000;
    /** How long an event may still get into the chunk that was announced to end. */
    private static final long CHANGE_NANOS = 5_000_000_000L;

    private final IdentityHashMap<StackTrace, Long> toldAt = new IdentityHashMap<>();
    private boolean changing;
    private long changesUntil;

    /** Whether the text of {@code stack} must be written now; if so, it counts as written. */
    boolean shouldWriteText(StackTrace stack, long nanoTime) {
        if (changing) {
            changing = nanoTime - changesUntil < 0;
            if (changing) {
                return true;
            }
        }
        Long before = toldAt.get(stack);
        if (before != null && nanoTime - before < REPEAT_NANOS) {
            return false;
        }
        if (toldAt.size() >= MAX_STACKS) {
            toldAt.clear();
        }
        toldAt.put(stack, nanoTime);
        return true;
    }

    /** A chunk is about to be ended, and the next to begin. */
    void chunkEnded(long nanoTime) {
        toldAt.clear();
        changing = true;
        changesUntil = nanoTime + CHANGE_NANOS;
    }
}

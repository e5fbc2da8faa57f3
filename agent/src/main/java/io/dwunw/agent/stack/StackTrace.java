// SPDX-License-Identifier: MIT
package io.dwunw.agent.stack;

/** One distinct stack: its frames, innermost first, and how the walk that found them ended. Immutable. */
public final class StackTrace {
    private final int id;
    private final int hash;
    private final long[] frames;
    private final StackState state;

    StackTrace(int id, int hash, long[] frames, StackState state) {
        this.id = id;
        this.hash = hash;
        this.frames = frames;
        this.state = state;
    }

    /** Unique among the stacks of one {@link StackTraces}; never reused. */
    public int id() {
        return id;
    }

    public int count() {
        return frames.length;
    }

    /** The frame at {@code index}; 0 is the innermost. */
    public long frame(int index) {
        return frames[index];
    }

    public StackState state() {
        return state;
    }

    int stackHash() {
        return hash;
    }

    @Override
    public String toString() {
        return "StackTrace " + id + ": " + frames.length + " frames, " + state.text();
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.stack;

import io.dwunw.agent.hotspot.JavaFrameSink;

/**
 * The frames of one walk, innermost first, and how the walk ended. Reused from walk to walk; never grows.
 *
 * <p>Hot: allocates nothing.
 */
public final class FrameBuffer implements JavaFrameSink {
    private final long[] frames;
    private int count;
    private boolean full;
    private StackState state = StackState.COMPLETE;

    /** @param capacity frames it can hold; those further out are left out */
    public FrameBuffer(int capacity) {
        if (capacity < 1) {
            throw new IllegalArgumentException("capacity " + capacity);
        }
        frames = new long[capacity];
    }

    public int count() {
        return count;
    }

    /** The frame at {@code index}; 0 is the innermost. */
    public long frame(int index) {
        if (index >= count) {
            throw new IndexOutOfBoundsException(index);
        }
        return frames[index];
    }

    public StackState state() {
        return state;
    }

    /** Takes a frame of {@link PackedFrame}'s making. */
    void add(long frame) {
        if (count < frames.length) {
            frames[count++] = frame;
        } else {
            full = true;
        }
    }

    @Override
    public void javaFrame(int methodId, int bci, boolean approximate) {
        add(PackedFrame.java(methodId, bci, approximate));
    }

    @Override
    public void stubFrame(int stubId) {
        add(PackedFrame.stub(stubId));
    }

    /** Whether a frame had to be left out. */
    boolean isFull() {
        return full;
    }

    void clear() {
        count = 0;
        full = false;
        state = StackState.COMPLETE;
    }

    /** Makes this the stack of all samples that have none. */
    public void setNotRecorded() {
        clear();
        add(PackedFrame.notRecorded());
        end(StackState.NOT_RECORDED);
    }

    void end(StackState reason) {
        state = reason;
    }

    /** Leaves out the Java frames and all that are further out. */
    void cutBeforeJava(StackState reason) {
        int kept = 0;
        while (kept < count && !isGenerated(PackedFrame.kind(frames[kept]))) {
            kept++;
        }
        if (kept < count) {
            count = kept;
            state = reason;
        }
    }

    private static boolean isGenerated(PackedFrame.Kind kind) {
        return kind == PackedFrame.Kind.JAVA || kind == PackedFrame.Kind.STUB;
    }

    long[] copyFrames() {
        return java.util.Arrays.copyOf(frames, count);
    }

    int stackHash() {
        int hash = state.text().hashCode();
        for (int i = 0; i < count; i++) {
            long mixed = (frames[i] ^ hash) * 0x9e37_79b9_7f4a_7c15L;
            hash = (int) (mixed >>> 32) ^ (int) mixed;
        }
        return hash;
    }

    boolean sameAs(StackTrace trace) {
        if (trace.count() != count || trace.state() != state) {
            return false;
        }
        for (int i = 0; i < count; i++) {
            if (trace.frame(i) != frames[i]) {
                return false;
            }
        }
        return true;
    }
}

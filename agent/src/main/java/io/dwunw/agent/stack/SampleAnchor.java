// SPDX-License-Identifier: MIT
package io.dwunw.agent.stack;

/**
 * A copy of HotSpot's {@code JavaFrameAnchor}: where a thread last left Java code. It lies either in the sample, as of
 * the moment it was taken, or on the stack, where an entry from native code into Java keeps the one before it. Mutable.
 */
final class SampleAnchor {
    private long sp;
    private long pc;
    private long fp;

    /** The stack pointer of the last Java frame; 0 if the thread is not out of Java code. */
    long sp() {
        return sp;
    }

    /** Where Java code goes on; 0 if that lies just below {@link #sp()}. */
    long pc() {
        return pc;
    }

    /** The frame pointer; 0 if it was not noted. */
    long fp() {
        return fp;
    }

    void set(long newSp, long newPc, long newFp) {
        sp = newSp;
        pc = newPc;
        fp = newFp;
    }

    void copyFrom(SampleAnchor other) {
        set(other.sp, other.pc, other.fp);
    }

    void clear() {
        set(0, 0, 0);
    }
}

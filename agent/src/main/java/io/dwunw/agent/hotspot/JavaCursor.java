// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

import io.dwunw.arch.RegisterSet;
import io.dwunw.arch.X86_64;
import io.dwunw.memory.StackMemory;
import org.jspecify.annotations.Nullable;

/**
 * Position of a step through generated code: the registers that such code lets its caller have (pc, sp, and the frame
 * pointer), the stack, and the registers of the caller as far as they are found. Hot; mutable; one walk at a time.
 */
final class JavaCursor {
    private static final int WORD = Long.BYTES;

    private @Nullable StackMemory stack;
    private long pc;
    private long sp;
    private long fp;

    private long senderPc;
    private long senderSp;
    private long senderFp;

    void start(RegisterSet registers, StackMemory over) {
        stack = over;
        pc = registers.pc();
        sp = registers.sp();
        fp = registers.known(X86_64.RBP) ? registers.get(X86_64.RBP) : 0;
    }

    long pc() {
        return pc;
    }

    long sp() {
        return sp;
    }

    /** The frame pointer; 0 if it is not known. */
    long fp() {
        return fp;
    }

    void pc(long value) {
        pc = value;
    }

    StackMemory stack() {
        StackMemory over = stack;
        if (over == null) {
            throw new IllegalStateException("not started");
        }
        return over;
    }

    boolean contains(long avma, int words) {
        return stack().contains(avma, words * WORD);
    }

    long word(long avma) {
        return stack().word(avma);
    }

    /** Whether an address is aligned, not below the stack pointer and inside the copied stack. */
    boolean isFrameAddress(long avma, long lowest, int wordsBelow, int wordsAbove) {
        return avma >= lowest
                && (avma & (WORD - 1)) == 0
                && contains(avma - (long) wordsBelow * WORD, wordsBelow + wordsAbove);
    }

    /** Whether an aligned address lies where the stack may go on beyond what was copied. */
    boolean isBeyondCopy(long avma) {
        long high = stack().highAvma();
        return (avma & (WORD - 1)) == 0 && avma >= high - WORD * 2 && avma - high < 1L << 30;
    }

    long senderPc() {
        return senderPc;
    }

    long senderSp() {
        return senderSp;
    }

    long senderFp() {
        return senderFp;
    }

    void sender(long newPc, long newSp, long newFp) {
        senderPc = newPc;
        senderSp = newSp;
        senderFp = newFp;
    }

    /** The caller of a frame of fixed size: return address and frame pointer are its last two words. */
    boolean senderBelow(long frameEnd) {
        if (!contains(frameEnd - 2 * WORD, 2)) {
            return false;
        }
        sender(word(frameEnd - WORD), frameEnd, word(frameEnd - 2 * WORD));
        return true;
    }

    /** The caller of a frame with a frame pointer. */
    boolean senderByFramePointer() {
        if (!isFrameAddress(fp, sp, 0, 2)) {
            return false;
        }
        sender(word(fp + WORD), fp + 2 * WORD, word(fp));
        return true;
    }

    /** Makes the caller's registers those of {@code registers}; all others are lost. */
    JavaStep finish(RegisterSet registers) {
        if (senderSp <= sp) {
            return JavaStep.NO_PROGRESS;
        }
        registers.retain(0);
        registers.set(X86_64.RBP, senderFp);
        registers.sp(senderSp);
        registers.pc(senderPc);
        return JavaStep.STEPPED;
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

import io.dwunw.arch.RegisterSet;
import io.dwunw.arch.X86_64;

/**
 * Frames in which native code entered Java: the call stub (HotSpot, {@code stubGenerator_x86_64.cpp}) and the upcall
 * stubs of the foreign function interface. Both keep the frame anchor of the Java frames further out. Hot.
 *
 * <pre>
 *   call stub: fp - 48 JavaCallWrapper*, fp - 56 rbx, - 64 r12, - 72 r13, - 80 r14, - 88 r15
 * </pre>
 */
final class EntryStubs {
    private static final int WORD = Long.BYTES;
    private static final int WRAPPER = -6 * WORD;
    private static final int RBX = -7 * WORD;
    private static final int R12 = -8 * WORD;
    private static final int R13 = -9 * WORD;
    private static final int R14 = -10 * WORD;
    private static final int R15 = -11 * WORD;
    private static final int WORDS_BELOW = 11;
    private static final int WORDS_ABOVE = 2;

    private final EntryLayout layout;
    private final long callStubReturn;
    private long anchorSp;
    private long anchorPc;
    private long anchorFp;

    EntryStubs(EntryLayout layout, long callStubReturn) {
        this.layout = layout;
        this.callStubReturn = callStubReturn;
    }

    boolean isCallStub(long pc) {
        return pc == callStubReturn;
    }

    /** See {@link SenderRules}. */
    int callStubValidity(JavaCursor cursor, long sp, long fp) {
        if (!cursor.isFrameAddress(fp, sp, WORDS_BELOW, WORDS_ABOVE)) {
            return fp >= sp && cursor.isBeyondCopy(fp) ? SenderRules.WEAK : SenderRules.INVALID;
        }
        return cursor.word(fp + WRAPPER) > fp ? SenderRules.STRONG : SenderRules.INVALID;
    }

    /** Leaves the call stub for its native caller; the stub saved all registers that C expects to keep. */
    JavaStep leaveCallStub(JavaCursor cursor, RegisterSet registers) {
        long fp = cursor.fp();
        if (!cursor.isFrameAddress(fp, cursor.sp(), WORDS_BELOW, WORDS_ABOVE)) {
            return cursor.isBeyondCopy(fp) ? JavaStep.STACK_CUT : JavaStep.CODE_REPLACED;
        }
        readAnchor(cursor, cursor.word(fp + WRAPPER) + layout.wrapperAnchor());
        cursor.sender(cursor.word(fp + WORD), fp + 2 * WORD, cursor.word(fp));
        JavaStep step = cursor.finish(registers);
        if (step == JavaStep.STEPPED) {
            registers.set(X86_64.RBX, cursor.word(fp + RBX));
            registers.set(X86_64.R12, cursor.word(fp + R12));
            registers.set(X86_64.R13, cursor.word(fp + R13));
            registers.set(X86_64.R14, cursor.word(fp + R14));
            registers.set(X86_64.R15, cursor.word(fp + R15));
        }
        return step;
    }

    /** Leaves an upcall stub for its native caller. */
    JavaStep leaveUpcallStub(JavaCursor cursor, CodeBlob stub, RegisterSet registers) {
        if (!cursor.senderByFramePointer()) {
            return cursor.isBeyondCopy(cursor.fp()) ? JavaStep.STACK_CUT : JavaStep.CODE_REPLACED;
        }
        if (layout.upcallFrameData() >= 0) {
            readAnchor(cursor, cursor.sp() + stub.s4(layout.upcallFrameData()) + layout.upcallAnchor());
        }
        return cursor.finish(registers);
    }

    void forgetAnchor() {
        anchorSp = 0;
        anchorPc = 0;
        anchorFp = 0;
    }

    long anchorSp() {
        return anchorSp;
    }

    long anchorPc() {
        return anchorPc;
    }

    long anchorFp() {
        return anchorFp;
    }

    private void readAnchor(JavaCursor cursor, long anchor) {
        int words = 1 + Math.max(layout.anchorSp(), Math.max(layout.anchorPc(), layout.anchorFp())) / WORD;
        if ((anchor & (WORD - 1)) == 0 && cursor.contains(anchor, words)) {
            anchorSp = cursor.word(anchor + layout.anchorSp());
            anchorPc = cursor.word(anchor + layout.anchorPc());
            anchorFp = cursor.word(anchor + layout.anchorFp());
        }
    }
}

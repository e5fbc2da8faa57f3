// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

/** Frames of code that HotSpot generated for itself. Hot. */
final class StubFrames {
    private static final int WORD = Long.BYTES;
    /** What a method entry barrier finds pushed where a return address would be (HotSpot, barrierSetAssembler_x86). */
    private static final long ENTRY_BARRIER_COOKIE = -1;

    /** Greatest size of the frame of {@code enterSpecial}: a {@code ContinuationEntry} and little else. */
    private static final int MAX_MOUNT_WORDS = 32;

    private final SenderRules rules;
    private final long continuationReturnVariable;
    private final MetadataReader memory;
    private long continuationReturn;
    private boolean frozen;

    /**
     * @param continuationReturnVariable address of {@code ContinuationEntry::_return_pc}; 0 if the JVM does not state
     * it
     */
    StubFrames(SenderRules rules, MetadataReader memory, long continuationReturnVariable) {
        this.rules = rules;
        this.memory = memory;
        this.continuationReturnVariable = continuationReturnVariable;
    }

    void begin() {
        frozen = false;
    }

    /** Whether the walk went from a virtual thread's youngest frames straight to its carrier's. */
    boolean metFrozen() {
        return frozen;
    }

    /** Where the frame that mounts virtual threads goes on, as seen in a walk; for JVMs that do not state it. */
    void learnContinuationReturn(long pc) {
        continuationReturn = pc;
    }

    boolean knowsContinuationReturn() {
        return continuationReturn != 0;
    }

    /** Finds the caller of a stub with a fixed frame, or with a frame pointer while it has moved the stack pointer. */
    JavaStep leaveRuntimeStub(JavaCursor cursor, CodeBlob blob) {
        long end = cursor.sp() + (long) blob.frameSize() * WORD;
        int nominal = blob.frameSize() > 0 && cursor.senderBelow(end) ? rules.validity(cursor) : SenderRules.INVALID;
        if (nominal == SenderRules.STRONG) {
            return JavaStep.STEPPED;
        }
        if (rules.mayHaveLost()) {
            // The caller may be where it should be, but gone: then the frame pointer leads past it.
            return JavaStep.CODE_REPLACED;
        }
        int framed = cursor.senderByFramePointer() ? rules.validity(cursor) : SenderRules.INVALID;
        if (framed == SenderRules.STRONG || (framed == SenderRules.WEAK && nominal == SenderRules.INVALID)) {
            return JavaStep.STEPPED;
        }
        if (nominal == SenderRules.WEAK) {
            cursor.senderBelow(end);
            return JavaStep.STEPPED;
        }
        return cursor.isBeyondCopy(end) ? JavaStep.STACK_CUT : JavaStep.CODE_REPLACED;
    }

    /** Finds the caller of hand-written code. */
    JavaStep leaveStubRoutine(JavaCursor cursor) {
        long fp = cursor.fp();
        if (!cursor.senderByFramePointer()) {
            return cursor.isBeyondCopy(fp) ? JavaStep.STACK_CUT : JavaStep.CODE_REPLACED;
        }
        if (cursor.senderPc() == ENTRY_BARRIER_COOKIE) {
            if (!cursor.contains(fp + 2 * WORD, 1)) {
                return JavaStep.STACK_CUT;
            }
            cursor.sender(cursor.word(fp + 2 * WORD), fp + 3 * WORD, cursor.word(fp));
        }
        return rules.validity(cursor) == SenderRules.INVALID ? JavaStep.CODE_REPLACED : JavaStep.STEPPED;
    }

    /**
     * Finds the caller at the seam between a virtual thread's frames and its carrier's: either the return barrier,
     * where older frames are still in the heap and the carrier's frames go on at the very stack pointer; or a call from
     * there, which is fetching them. Either way they are missing.
     *
     * @param fetching whether it is such a call
     * @return {@link JavaStep#NO_PROGRESS} never; the caller's stack pointer may equal the cursor's
     */
    JavaStep leaveContinuationStub(JavaCursor cursor, boolean fetching) {
        frozen = true;
        if (fetching) {
            JavaStep step = leaveStubRoutine(cursor);
            if (step == JavaStep.STEPPED || rules.mayHaveLost()) {
                return step;
            }
        }
        long resume = continuationReturn();
        if (resume == 0) {
            return searchCarrier(cursor);
        }
        cursor.sender(resume, cursor.sp(), cursor.fp());
        return JavaStep.STEPPED;
    }

    /** The frame that mounts the thread is small, and its caller is Java code: the first that can be it. */
    private JavaStep searchCarrier(JavaCursor cursor) {
        if (rules.mayHaveLost()) {
            // The right one may be among those that are not believed.
            return JavaStep.CODE_REPLACED;
        }
        for (int words = 2; words < MAX_MOUNT_WORDS; words++) {
            if (!cursor.senderBelow(cursor.sp() + (long) words * WORD)) {
                return JavaStep.STACK_CUT;
            }
            if (rules.validity(cursor) == SenderRules.STRONG) {
                return JavaStep.STEPPED;
            }
        }
        return JavaStep.CODE_REPLACED;
    }

    private long continuationReturn() {
        if (continuationReturn == 0 && continuationReturnVariable != 0) {
            memory.begin();
            // Set when the first virtual thread starts, then for good.
            continuationReturn = memory.word(continuationReturnVariable);
        }
        return continuationReturn;
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

/**
 * Frames of compiled methods and of native methods' wrappers: a fixed frame whose last two words are the caller's frame
 * pointer and the return address.
 *
 * <p>At a call that the compiler described, that is all. At other calls (entry and store barriers) the code may have
 * moved the stack pointer, and the caller has to be looked for. Hot.
 */
final class CompiledFrames {
    private static final int WORD = Long.BYTES;
    private static final int MAX_SEARCH_WORDS = 256;
    private static final int MAX_BARRIER_CODE = 640;
    private static final int MAX_BARRIER_SPILL = 8192;
    /** Intel SDM vol. 2: {@code add rsp, imm8} is 48 83 C4 ib, {@code add rsp, imm32} is 48 81 C4 id. */
    private static final int ADD_RSP_IMM8 = 0xc48348;

    private static final int ADD_RSP_IMM32 = 0xc48148;
    private static final int THREE_BYTES = 0xff_ffff;
    private static final int PUSH_RBP = 0x55;
    private static final int POP_RBP = 0x5d;
    private static final int RET = 0xc3;

    private final CompiledScopes scopes;
    private final DeoptHandlers deopt;
    private final SenderRules rules;
    private boolean gone;
    private boolean searched;
    private boolean missedInlined;

    CompiledFrames(CompiledScopes scopes, DeoptHandlers deopt, SenderRules rules) {
        this.scopes = scopes;
        this.deopt = deopt;
        this.rules = rules;
    }

    void begin() {
        gone = false;
        searched = false;
        missedInlined = false;
    }

    boolean metGone() {
        return gone;
    }

    boolean searched() {
        return searched;
    }

    boolean missedInlined() {
        return missedInlined;
    }

    /** Hands the frame's methods to {@code sink} and finds its caller. */
    JavaStep step(JavaCursor cursor, CodeBlob blob, boolean wrapper, boolean returnAddress, JavaFrameSink sink) {
        if (!blob.codeContains(cursor.pc()) || blob.frameSize() <= 0) {
            return JavaStep.CODE_REPLACED;
        }
        if (!wrapper && deopt.isHandler(cursor.pc(), blob)) {
            long original = deopt.originalPc(cursor, cursor.sp(), blob);
            if (original == 0) {
                return JavaStep.CODE_REPLACED;
            }
            cursor.pc(original);
        }
        int entry = scopes.find(cursor.pc(), blob, wrapper);
        int moves = scopes.moves();
        if (entry == CompiledScopes.NONE) {
            return JavaStep.CODE_REPLACED;
        }
        JavaStep step;
        if (!returnAddress) {
            step = interruptedSender(cursor, blob);
        } else if (scopes.isExact(entry)) {
            step = describedSender(cursor, blob);
        } else {
            step = leafCallSender(cursor, blob);
        }
        if (step == JavaStep.CODE_REPLACED && wrapper) {
            step = leafCallSender(cursor, blob);
        }
        if (scopes.isTransient(entry) || scopes.moves() != moves) {
            entry = scopes.find(cursor.pc(), blob, wrapper);
        }
        if (entry == CompiledScopes.NONE) {
            return JavaStep.CODE_REPLACED;
        }
        // Where the stack was cut the frame itself is known all the same.
        if (step == JavaStep.STEPPED || step == JavaStep.STACK_CUT) {
            report(entry, returnAddress, sink);
        }
        return step;
    }

    private void report(int entry, boolean returnAddress, JavaFrameSink sink) {
        gone |= scopes.isGone(entry);
        missedInlined |= scopes.isInlinedUnknown(entry);
        boolean approximate = !returnAddress || !scopes.isExact(entry);
        for (int level = 0; level < scopes.depth(entry); level++) {
            sink.javaFrame(scopes.methodId(entry, level), scopes.bci(entry, level), approximate);
        }
    }

    private static long frameEnd(JavaCursor cursor, CodeBlob blob) {
        return cursor.sp() + (long) blob.frameSize() * WORD;
    }

    private JavaStep describedSender(JavaCursor cursor, CodeBlob blob) {
        long end = frameEnd(cursor, blob);
        if (!cursor.senderBelow(end)) {
            return cursor.isBeyondCopy(end) ? JavaStep.STACK_CUT : JavaStep.CODE_REPLACED;
        }
        return rules.validity(cursor) == SenderRules.INVALID ? JavaStep.CODE_REPLACED : JavaStep.STEPPED;
    }

    private JavaStep leafCallSender(JavaCursor cursor, CodeBlob blob) {
        long end = frameEnd(cursor, blob);
        int nominal = cursor.senderBelow(end) ? rules.validity(cursor) : SenderRules.INVALID;
        if (nominal == SenderRules.STRONG) {
            return JavaStep.STEPPED;
        }
        if (scopes.mayHaveLost()) {
            // A caller that is not believed, because other code may have taken its place, is not one to be searched
            // for: what lies elsewhere on the stack would leave it out.
            return JavaStep.CODE_REPLACED;
        }
        int spilled = barrierSpill(cursor.pc(), blob);
        if (spilled > 0 && cursor.senderBelow(end + spilled) && rules.validity(cursor) != SenderRules.INVALID) {
            return JavaStep.STEPPED;
        }
        if (nominal == SenderRules.WEAK) {
            cursor.senderBelow(end);
            return JavaStep.STEPPED;
        }
        for (int words = 2; words < MAX_SEARCH_WORDS; words++) {
            if (!cursor.senderBelow(cursor.sp() + (long) words * WORD)) {
                return JavaStep.STACK_CUT;
            }
            if (rules.validity(cursor) == SenderRules.STRONG) {
                searched = true;
                return JavaStep.STEPPED;
            }
        }
        return JavaStep.CODE_REPLACED;
    }

    /** Bytes by which C2's barrier stub at {@code pc} has moved the stack pointer: those that it will move it back. */
    private static int barrierSpill(long pc, CodeBlob blob) {
        for (int i = 0; i < MAX_BARRIER_CODE && blob.codeContains(pc + i); i++) {
            int instruction = blob.codeInt(pc + i);
            int spill = 0;
            if ((instruction & THREE_BYTES) == ADD_RSP_IMM8) {
                spill = instruction >> 24;
            } else if ((instruction & THREE_BYTES) == ADD_RSP_IMM32) {
                spill = blob.codeInt(pc + i + 3);
            }
            if (spill > 0 && spill <= MAX_BARRIER_SPILL && spill % WORD == 0) {
                return spill;
            }
        }
        return 0;
    }

    /** The code was interrupted at any instruction: its frame may not be set up yet, or be torn down already. */
    private JavaStep interruptedSender(JavaCursor cursor, CodeBlob blob) {
        long pc = cursor.pc();
        long sp = cursor.sp();
        int instruction = blob.codeByte(pc);
        boolean entering = pc - blob.codeBegin() < blob.frameComplete();
        if (instruction == RET || (entering && instruction == PUSH_RBP)) {
            return unpushedSender(cursor, sp);
        }
        if (instruction == POP_RBP || (entering && blob.codeByte(pc - 1) == PUSH_RBP)) {
            return cursor.senderBelow(sp + 2 * WORD) ? judged(cursor) : JavaStep.STACK_CUT;
        }
        if (cursor.senderBelow(frameEnd(cursor, blob)) && rules.validity(cursor) != SenderRules.INVALID) {
            return JavaStep.STEPPED;
        }
        // The caller may be where the frame says, and not be believed.
        return rules.mayHaveLost() ? JavaStep.CODE_REPLACED : unpushedSender(cursor, sp);
    }

    private JavaStep unpushedSender(JavaCursor cursor, long sp) {
        if (!cursor.contains(sp, 1)) {
            return JavaStep.STACK_CUT;
        }
        cursor.sender(cursor.word(sp), sp + WORD, cursor.fp());
        return judged(cursor);
    }

    private JavaStep judged(JavaCursor cursor) {
        return rules.validity(cursor) == SenderRules.INVALID ? JavaStep.CODE_REPLACED : JavaStep.STEPPED;
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

/**
 * Frames of the template interpreter (HotSpot, {@code cpu/x86/frame_x86.hpp}); the same in JDK 17, 21 and 25.
 *
 * <pre>
 *   fp + 8   return pc
 *   fp       caller's fp
 *   fp - 8   caller's sp as it was before arguments were pushed
 *   fp - 24  Method*
 *   fp - 48  ConstantPoolCache*
 *   fp - 64  bytecode pointer; of no meaning in a native method
 * </pre>
 *
 * Hot.
 */
final class InterpretedFrames {
    private static final int WORD = Long.BYTES;
    private static final int SENDER_SP = -WORD;
    private static final int METHOD = -3 * WORD;
    private static final int POOL_CACHE = -6 * WORD;
    private static final int BCP = -8 * WORD;
    private static final int WORDS_BELOW = 8;
    private static final int WORDS_ABOVE = 2;

    private final JavaMethods methods;
    private final long low;
    private final long high;
    private boolean gone;

    /** @param low start of the interpreter's code */
    InterpretedFrames(JavaMethods methods, long low, long high) {
        this.methods = methods;
        this.low = low;
        this.high = high;
    }

    void begin() {
        gone = false;
    }

    boolean contains(long pc) {
        return pc >= low && pc < high;
    }

    /** Whether a method of this walk was gone. */
    boolean metGone() {
        return gone;
    }

    /** See {@link SenderRules}. */
    int validity(JavaCursor cursor, long sp, long fp) {
        if (!cursor.isFrameAddress(fp, sp, WORDS_BELOW, WORDS_ABOVE)) {
            return fp >= sp && cursor.isBeyondCopy(fp) ? SenderRules.WEAK : SenderRules.INVALID;
        }
        boolean plausible =
                methods.isPlausible(cursor.word(fp + METHOD), cursor.word(fp + BCP), cursor.word(fp + POOL_CACHE));
        return plausible ? SenderRules.STRONG : SenderRules.WEAK;
    }

    /** Hands the frame to {@code sink} and finds its caller. */
    JavaStep step(JavaCursor cursor, SenderRules rules, JavaFrameSink sink) {
        long fp = cursor.fp();
        if (!cursor.isFrameAddress(fp, cursor.sp(), WORDS_BELOW, WORDS_ABOVE)) {
            return cursor.isBeyondCopy(fp) ? JavaStep.STACK_CUT : JavaStep.CODE_REPLACED;
        }
        long senderSp = Math.max(cursor.word(fp + SENDER_SP), fp + 2 * WORD);
        cursor.sender(cursor.word(fp + WORD), senderSp, cursor.word(fp));
        if (rules.validity(cursor) == SenderRules.INVALID) {
            return JavaStep.CODE_REPLACED;
        }
        int method = methodId(cursor, fp);
        if (method == JavaMethods.UNKNOWN) {
            gone = true;
            sink.javaFrame(JavaMethods.UNKNOWN, JavaFrameSink.BCI_UNKNOWN, false);
        } else {
            sink.javaFrame(method, methods.bci(cursor.word(fp + BCP)), false);
        }
        return JavaStep.STEPPED;
    }

    private int methodId(JavaCursor cursor, long fp) {
        return methods.interpreted(cursor.word(fp + METHOD), cursor.word(fp + BCP), cursor.word(fp + POOL_CACHE));
    }
}

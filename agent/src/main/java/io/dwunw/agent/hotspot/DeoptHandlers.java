// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

/**
 * Frames that will be deoptimised on return: their return address was replaced by that of the nmethod's deopt handler,
 * and the real one is kept in the frame (HotSpot, {@code nmethod::orig_pc_addr}). Hot.
 */
final class DeoptHandlers {
    /** JVMCI compilers let the handler call its target, so that what is on the stack lies behind that call. */
    private static final int CALL_BYTES = 5;

    private final NmethodLayout layout;

    DeoptHandlers(NmethodLayout layout) {
        this.layout = layout;
    }

    boolean isHandler(long pc, CodeBlob nmethod) {
        long handler = position(layout.deoptHandler(), nmethod);
        if (pc == handler || pc == handler + CALL_BYTES) {
            return true;
        }
        return layout.deoptMhHandler() >= 0 && pc == position(layout.deoptMhHandler(), nmethod);
    }

    /** The return address before it was replaced; 0 if there is none. */
    long originalPc(JavaCursor cursor, long sp, CodeBlob nmethod) {
        long slot = sp + nmethod.s4(layout.origPcOffset());
        if (slot < sp || !cursor.contains(slot, 1)) {
            return 0;
        }
        long original = cursor.word(slot);
        return nmethod.codeContains(original) ? original : 0;
    }

    private long position(int offset, CodeBlob nmethod) {
        return layout.relativeDeopt() ? nmethod.address() + nmethod.s4(offset) : nmethod.word(offset);
    }
}

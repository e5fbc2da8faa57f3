// SPDX-License-Identifier: MIT
package io.dwunw.unwind;

import io.dwunw.arch.AArch64;
import io.dwunw.arch.Architecture;
import io.dwunw.arch.FrameRecord;
import io.dwunw.arch.RegisterSet;
import io.dwunw.memory.StackMemory;

/**
 * The fallback where there is no CFI: follows frame records. It trusts that the code keeps a frame pointer, cannot
 * restore other registers, and misses the caller of a function that has not set up its frame yet. Allocates nothing.
 */
public final class FramePointerUnwinder {
    private static final int RECORD_WORDS = 2;

    private long cfa;

    /**
     * Turns {@code registers} of one frame into pc, sp and frame pointer of its caller; all other registers are lost.
     * On anything but {@link StopReason#STEPPED} the registers are untouched.
     *
     * @return {@link StopReason#NO_CFI} where frame records cannot be followed: no convention, or no plausible record
     */
    public StopReason step(RegisterSet registers, StackMemory stack) {
        Architecture architecture = registers.architecture();
        int word = architecture.wordBytes();
        int pointer = architecture.framePointer();
        if (architecture.frameRecord() == FrameRecord.NONE || !registers.known(pointer)) {
            return StopReason.NO_CFI;
        }
        long record = registers.get(pointer);
        if (record == 0) {
            return StopReason.END_OF_STACK; // both ABIs mark the outermost frame so
        }
        if ((record & (word - 1)) != 0 || Long.compareUnsigned(record, registers.sp()) < 0) {
            return StopReason.NO_CFI;
        }
        if (!stack.contains(record, RECORD_WORDS * word)) {
            return StopReason.STACK_CUT;
        }
        long caller = stack.unsigned(record, word);
        long pc = stack.unsigned(record + word, word);
        if (architecture.frameRecord() == FrameRecord.AARCH64) {
            pc &= ~AArch64.DEFAULT_SIGNATURE_MASK; // nothing says whether it is signed; no address has these bits
        }
        if (pc == 0) {
            return StopReason.END_OF_STACK;
        }
        if (caller != 0 && Long.compareUnsigned(caller, record) <= 0) {
            return StopReason.NO_PROGRESS;
        }
        cfa = record + (long) RECORD_WORDS * word;
        registers.retain(0);
        registers.set(pointer, caller);
        registers.sp(cfa);
        registers.pc(pc);
        return StopReason.STEPPED;
    }

    /** After {@link StopReason#STEPPED}: the address above the frame record. */
    public long cfa() {
        return cfa;
    }
}

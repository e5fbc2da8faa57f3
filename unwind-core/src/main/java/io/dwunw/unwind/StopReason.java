// SPDX-License-Identifier: MIT
package io.dwunw.unwind;

/** Reason why a step, or the walk as a whole, ended. */
public enum StopReason {
    /** Not an end: the registers are now the caller's. */
    STEPPED,
    /** The thread's or process's outermost frame: the whole stack was walked. */
    END_OF_STACK,
    /** The pc lies in no mapped module (generated code, or a wild pointer). */
    NO_MODULE,
    /** The module's file cannot be read, or is no ELF of the walk's architecture and ABI. */
    NO_IMAGE,
    /** The module has no CFI for this pc. */
    NO_CFI,
    /** The CFI for this pc is damaged or says something that cannot be evaluated. */
    BAD_CFI,
    /** A needed word lies outside the stack snapshot. */
    STACK_CUT,
    /** The rule needs a register whose value was lost on the way. */
    LOST_REGISTER,
    /** The caller's frame would not lie above this one: the walk would run in circles. */
    NO_PROGRESS,
    /** As many frames as asked for; the stack goes on. */
    MAX_FRAMES;

    /** Whether the walk reached the outermost frame. */
    public boolean isComplete() {
        return this == END_OF_STACK;
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

/** Outcome of one step through Java code. */
public enum JavaStep {
    /** Not an end: the registers are now the caller's. */
    STEPPED,
    /** A needed word lies outside the stack snapshot. */
    STACK_CUT,
    /** There is no code at the pc (any more). */
    CODE_FREED,
    /** There is code, but the frame that it should have does not fit what lies on the stack. */
    CODE_REPLACED,
    /** The caller's frame would not lie above this one. */
    NO_PROGRESS
}

// SPDX-License-Identifier: MIT
package io.dwunw.unwind;

/**
 * The rule for looking up return addresses: a call may be a function's last instruction, so that the address it returns
 * to belongs to the next function; the byte before it always belongs to the call.
 */
public final class FrameAddress {
    private FrameAddress() {}

    /** The address under which to look for a frame's CFI, symbol and module. */
    public static long lookup(long pc, boolean returnAddress) {
        return returnAddress ? pc - 1 : pc;
    }
}

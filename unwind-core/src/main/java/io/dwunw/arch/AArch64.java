// SPDX-License-Identifier: MIT
package io.dwunw.arch;

import java.util.ArrayList;
import java.util.List;

/** DWARF for the Arm 64-bit Architecture (AADWARF64), §4.1, and AAPCS64 §6.1 (general-purpose registers). */
public final class AArch64 {
    public static final int X19 = 19;
    public static final int X28 = 28;
    /** x29, the frame pointer. */
    public static final int FP = 29;
    /** x30, the link register: the return-address column. */
    public static final int LR = 30;

    public static final int SP = 31;
    /** AADWARF64 §4.1: pseudo-register, bit 0 set while the return address is signed. */
    public static final int RA_SIGN_STATE = 34;

    /**
     * Bits 48 to 54: where Linux lets the processor put the authentication code of a user-space instruction pointer,
     * with 48-bit addresses and top-byte-ignore ({@code NT_ARM_PAC_MASK}).
     */
    public static final long DEFAULT_SIGNATURE_MASK = 0x007f_0000_0000_0000L;

    private static final int EM_AARCH64 = 183;
    private static final int CALLEE_SAVED = (1 << (FP + 1)) - (1 << X19);

    public static final Architecture ARCHITECTURE =
            new Architecture("aarch64", EM_AARCH64, Long.BYTES, SP, FP, LR, CALLEE_SAVED, FrameRecord.AARCH64, names());

    private AArch64() {}

    /** Not by a stream: a walk on x86-64 meets this class, too, while a traced program starts. */
    private static List<String> names() {
        List<String> names = new ArrayList<>();
        for (int i = 0; i <= LR; i++) {
            names.add("x" + i);
        }
        names.add("sp");
        return names;
    }
}

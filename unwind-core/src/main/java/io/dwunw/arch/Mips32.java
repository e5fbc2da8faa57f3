// SPDX-License-Identifier: MIT
package io.dwunw.arch;

import java.util.List;

/** System V ABI, MIPS RISC Processor Supplement, 3rd edition, figure 3-18 (o32); either byte order. */
public final class Mips32 {
    public static final int S0 = 16;
    public static final int S7 = 23;
    /** Not preserved by position-independent code, which is what Linux runs. */
    public static final int GP = 28;

    public static final int SP = 29;
    /** s8, the frame pointer. */
    public static final int FP = 30;
    /** ra, the return-address column. */
    public static final int RA = 31;

    private static final int EM_MIPS = 8;
    private static final int CALLEE_SAVED = 0xff << S0 | 1 << FP;

    public static final Architecture ARCHITECTURE = new Architecture(
            "mips32",
            EM_MIPS,
            Integer.BYTES,
            SP,
            FP,
            RA,
            CALLEE_SAVED,
            FrameRecord.NONE,
            List.of(
                    "zero", "at", "v0", "v1", "a0", "a1", "a2", "a3", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7",
                    "s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "t8", "t9", "k0", "k1", "gp", "sp", "fp", "ra"));

    private Mips32() {}
}

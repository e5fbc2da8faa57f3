// SPDX-License-Identifier: MIT
package io.dwunw.arch;

import java.util.List;

/** System V ABI, AMD64 supplement 1.0, figure 3.36 (DWARF register numbers) and figure 3.4 (register usage). */
public final class X86_64 {
    public static final int RAX = 0;
    public static final int RDX = 1;
    public static final int RCX = 2;
    public static final int RBX = 3;
    public static final int RSI = 4;
    public static final int RDI = 5;
    public static final int RBP = 6;
    public static final int RSP = 7;
    public static final int R8 = 8;
    public static final int R9 = 9;
    public static final int R10 = 10;
    public static final int R11 = 11;
    public static final int R12 = 12;
    public static final int R13 = 13;
    public static final int R14 = 14;
    public static final int R15 = 15;
    /** The return-address column; at a signal frame, the interrupted instruction. */
    public static final int RETURN_ADDRESS = 16;

    private static final int EM_X86_64 = 62;
    private static final int CALLEE_SAVED = 1 << RBX | 1 << RBP | 1 << R12 | 1 << R13 | 1 << R14 | 1 << R15;

    public static final Architecture ARCHITECTURE = new Architecture(
            "x86_64",
            EM_X86_64,
            Long.BYTES,
            RSP,
            RBP,
            RETURN_ADDRESS,
            CALLEE_SAVED,
            FrameRecord.X86,
            List.of(
                    "rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp", "r8", "r9", "r10", "r11", "r12", "r13",
                    "r14", "r15", "rip"));

    private X86_64() {}
}

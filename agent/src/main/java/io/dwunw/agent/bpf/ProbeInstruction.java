// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import io.dwunw.bytes.Bytes;

/**
 * Chooses which instruction of a function to probe. The kernel emulates pushes, jumps and no-ops; everything else it
 * executes out of line with a second trap, which makes a probe more than ten times as expensive. x86-64 only.
 *
 * <p>The instruction found is one that is reached whenever the function is entered, with its arguments and the stack
 * pointer untouched.
 */
final class ProbeInstruction {
    /** Most bytes of a function's start that are looked at. */
    static final int WINDOW = 24;

    private static final int ENDBR64_BYTES = 4;

    private ProbeInstruction() {}

    /**
     * Offset from the function's start: that of the first instruction if no better one is known to be harmless.
     *
     * @param code the function as its file has it; memory may hold somebody's breakpoint
     */
    static int offset(Bytes code) {
        int at = 0;
        while (at < WINDOW) {
            if (isEmulated(code, at)) {
                return at;
            }
            int length = skippable(code, at);
            if (length == 0) {
                return 0;
            }
            at += length;
        }
        return 0;
    }

    /**
     * For a function that nothing is known of: a loop may jump back to any of its instructions, but not to before its
     * {@code endbr64}.
     */
    static int entryOffset(Bytes code) {
        return isEndbr64(code, 0) && isEmulated(code, ENDBR64_BYTES) ? ENDBR64_BYTES : 0;
    }

    private static boolean isEndbr64(Bytes code, int at) {
        return byteAt(code, at) == 0xf3
                && byteAt(code, at + 1) == 0x0f
                && byteAt(code, at + 2) == 0x1e
                && byteAt(code, at + 3) == 0xfa;
    }

    /**
     * Intel SDM volume 2: PUSH r64, NOP, JMP rel, Jcc rel; {@code branch_setup_xol_ops()} and its like in the kernel.
     */
    private static boolean isEmulated(Bytes code, int at) {
        int first = byteAt(code, at);
        int second = byteAt(code, at + 1);
        boolean push = (first >= 0x50 && first <= 0x57) || (first == 0x41 && second >= 0x50 && second <= 0x57);
        boolean jump = first == 0xeb || first == 0xe9;
        boolean conditional = (first >= 0x70 && first <= 0x7f) || (first == 0x0f && (second & 0xf0) == 0x80);
        return push || jump || conditional || first == 0x90;
    }

    /** Length of an instruction that changes neither argument registers nor memory nor the stack pointer, else 0. */
    private static int skippable(Bytes code, int at) {
        int first = byteAt(code, at);
        int second = byteAt(code, at + 1);
        int third = byteAt(code, at + 2);
        if (isEndbr64(code, at)) {
            return ENDBR64_BYTES;
        }
        if (first == 0x48 && second == 0x85 && third >= 0xc0) {
            return 3; // test r64, r64
        }
        if (first == 0x80 && second == 0x3d) {
            return 7; // cmp byte [rip+disp32], imm8
        }
        if (first == 0x41 && second == 0xf7 && third >= 0xc0 && third <= 0xc7) {
            return 7; // test r8d-r15d, imm32
        }
        boolean toR10 = third >= 0xc0 && (third & 7) == 2;
        if ((first == 0x41 || first == 0x49) && second == 0x89 && toR10) {
            return 3; // mov r10, r32 or r64: not an argument of a C function
        }
        return 0;
    }

    private static int byteAt(Bytes code, int at) {
        return code.contains(at, 1) ? code.u8(at) : -1;
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.dwarf;

/** Expression operations that may appear in CFI (DWARF 5 §7.7.1, table 7.9; §6.4.2 names those that may not). */
final class DwOp {
    static final int DW_OP_addr = 0x03;
    static final int DW_OP_deref = 0x06;
    static final int DW_OP_const1u = 0x08;
    static final int DW_OP_const1s = 0x09;
    static final int DW_OP_const2u = 0x0a;
    static final int DW_OP_const2s = 0x0b;
    static final int DW_OP_const4u = 0x0c;
    static final int DW_OP_const4s = 0x0d;
    static final int DW_OP_const8u = 0x0e;
    static final int DW_OP_const8s = 0x0f;
    static final int DW_OP_constu = 0x10;
    static final int DW_OP_consts = 0x11;
    static final int DW_OP_dup = 0x12;
    static final int DW_OP_drop = 0x13;
    static final int DW_OP_over = 0x14;
    static final int DW_OP_pick = 0x15;
    static final int DW_OP_swap = 0x16;
    static final int DW_OP_rot = 0x17;
    static final int DW_OP_abs = 0x19;
    static final int DW_OP_and = 0x1a;
    static final int DW_OP_div = 0x1b;
    static final int DW_OP_minus = 0x1c;
    static final int DW_OP_mod = 0x1d;
    static final int DW_OP_mul = 0x1e;
    static final int DW_OP_neg = 0x1f;
    static final int DW_OP_not = 0x20;
    static final int DW_OP_or = 0x21;
    static final int DW_OP_plus = 0x22;
    static final int DW_OP_plus_uconst = 0x23;
    static final int DW_OP_shl = 0x24;
    static final int DW_OP_shr = 0x25;
    static final int DW_OP_shra = 0x26;
    static final int DW_OP_xor = 0x27;
    static final int DW_OP_bra = 0x28;
    static final int DW_OP_eq = 0x29;
    static final int DW_OP_ge = 0x2a;
    static final int DW_OP_gt = 0x2b;
    static final int DW_OP_le = 0x2c;
    static final int DW_OP_lt = 0x2d;
    static final int DW_OP_ne = 0x2e;
    static final int DW_OP_skip = 0x2f;
    static final int DW_OP_lit0 = 0x30;
    static final int DW_OP_lit31 = 0x4f;
    static final int DW_OP_breg0 = 0x70;
    static final int DW_OP_breg31 = 0x8f;
    static final int DW_OP_bregx = 0x92;
    static final int DW_OP_deref_size = 0x94;
    static final int DW_OP_nop = 0x96;

    private DwOp() {}
}

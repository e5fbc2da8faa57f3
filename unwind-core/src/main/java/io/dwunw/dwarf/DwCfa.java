// SPDX-License-Identifier: MIT
package io.dwunw.dwarf;

/**
 * Call frame instructions (DWARF 5 §7.24, table 7.29), and the extensions of GNU, MIPS and AArch64 (AADWARF64 §4.4).
 */
final class DwCfa {
    static final int DW_CFA_advance_loc = 0x40;
    static final int DW_CFA_offset = 0x80;
    static final int DW_CFA_restore = 0xc0;
    static final int DW_CFA_nop = 0x00;
    static final int DW_CFA_set_loc = 0x01;
    static final int DW_CFA_advance_loc1 = 0x02;
    static final int DW_CFA_advance_loc2 = 0x03;
    static final int DW_CFA_advance_loc4 = 0x04;
    static final int DW_CFA_offset_extended = 0x05;
    static final int DW_CFA_restore_extended = 0x06;
    static final int DW_CFA_undefined = 0x07;
    static final int DW_CFA_same_value = 0x08;
    static final int DW_CFA_register = 0x09;
    static final int DW_CFA_remember_state = 0x0a;
    static final int DW_CFA_restore_state = 0x0b;
    static final int DW_CFA_def_cfa = 0x0c;
    static final int DW_CFA_def_cfa_register = 0x0d;
    static final int DW_CFA_def_cfa_offset = 0x0e;
    static final int DW_CFA_def_cfa_expression = 0x0f;
    static final int DW_CFA_expression = 0x10;
    static final int DW_CFA_offset_extended_sf = 0x11;
    static final int DW_CFA_def_cfa_sf = 0x12;
    static final int DW_CFA_def_cfa_offset_sf = 0x13;
    static final int DW_CFA_val_offset = 0x14;
    static final int DW_CFA_val_offset_sf = 0x15;
    static final int DW_CFA_val_expression = 0x16;
    static final int DW_CFA_MIPS_advance_loc8 = 0x1d;
    static final int DW_CFA_AARCH64_set_ra_state = 0x2b;
    static final int DW_CFA_AARCH64_nehooks_ra_state_with_pc = 0x2c;
    /** On SPARC the same number is DW_CFA_GNU_window_save. */
    static final int DW_CFA_AARCH64_nehooks_ra_state = 0x2d;

    static final int DW_CFA_GNU_args_size = 0x2e;
    static final int DW_CFA_GNU_negative_offset_extended = 0x2f;

    private DwCfa() {}
}

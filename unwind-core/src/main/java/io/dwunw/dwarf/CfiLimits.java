// SPDX-License-Identifier: MIT
package io.dwunw.dwarf;

/** Caps on what CFI may make this library allocate or loop over. */
public final class CfiLimits {
    /** Register numbers that a row can have rules for; the largest in use is below 150 (AVX-512 masks). */
    public static final int MAX_REGISTERS = 256;
    /** Depth of {@code DW_CFA_remember_state}; compilers nest it once or twice. */
    public static final int MAX_REMEMBERED_STATES = 64;
    /** Values on an expression's stack. */
    public static final int MAX_EXPRESSION_STACK = 64;
    /** Operations of one evaluation: branches may loop. */
    public static final int MAX_EXPRESSION_STEPS = 4096;
    /** Bytes of one expression, in which each operation is one byte at least. */
    public static final int MAX_EXPRESSION_BYTES = 1 << 16;
    /** Bytes of one CIE's or FDE's program; those of the largest functions have some thousands. */
    public static final int MAX_PROGRAM_BYTES = 1 << 20;
    /** Characters of an augmentation string; those in use have five at most. */
    public static final int MAX_AUGMENTATION = 32;
    /** CIEs kept parsed per section; more are parsed again and again. */
    public static final int MAX_CACHED_CIES = 4096;
    /** FDEs in a search table, the file's own or one that was built by scanning; browsers have some 600,000. */
    public static final int MAX_INDEXED_FDES = 1 << 23;

    private CfiLimits() {}
}

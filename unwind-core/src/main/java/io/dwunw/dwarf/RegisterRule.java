// SPDX-License-Identifier: MIT
package io.dwunw.dwarf;

/** Rule that finds a register's value in the caller (DWARF 5 §6.4.1, "Register Rules"). */
public enum RegisterRule {
    /** The row says nothing: the ABI decides. */
    UNSPECIFIED,
    /** No recoverable value in the caller. */
    UNDEFINED,
    /** Not changed since the caller. */
    SAME_VALUE,
    /** Saved at CFA + N. */
    OFFSET,
    /** Equals CFA + N. */
    VAL_OFFSET,
    /** Held in another register. */
    REGISTER,
    /** Saved at the address that an expression computes, the CFA being on its stack. */
    EXPRESSION,
    /** Equals what an expression computes. */
    VAL_EXPRESSION
}

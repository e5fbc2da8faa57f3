// SPDX-License-Identifier: MIT
package io.dwunw.dwarf;

import java.util.Arrays;

/** One unwind row: the CFA's rule and every register's rule. Mutable, filled by {@link RowEvaluator}. */
public final class UnwindRow {
    /**
     * States of AArch64's return address (AADWARF64 §4.1, RA_SIGN_STATE): not signed, signed with sp, with sp and pc.
     */
    static final int RA_NOT_SIGNED = 0;

    static final int RA_SIGNED_SP_PC = 2;

    private final RegisterRule[] rules = new RegisterRule[CfiLimits.MAX_REGISTERS];
    private final long[] operands = new long[CfiLimits.MAX_REGISTERS];
    /** One more than the highest register that has had a rule. */
    private int used;

    private boolean cfaDefined;
    private boolean cfaExpression;
    private int cfaRegister;
    private long cfaOffset;
    private long cfaBlock;
    private boolean returnAddressSigned;
    private boolean pcInSignature;

    UnwindRow() {
        Arrays.fill(rules, RegisterRule.UNSPECIFIED);
    }

    /** False until the program defined a CFA; such a row cannot be used. */
    public boolean isCfaDefined() {
        return cfaDefined;
    }

    /** Whether the CFA is what the expression at {@link #cfaOperand} computes, instead of register + offset. */
    public boolean isCfaExpression() {
        return cfaExpression;
    }

    public int cfaRegister() {
        return cfaRegister;
    }

    /** Offset from the CFA register; or section offset of the expression's block (its length, then its bytes). */
    public long cfaOperand() {
        return cfaExpression ? cfaBlock : cfaOffset;
    }

    public RegisterRule rule(int register) {
        return rules[register];
    }

    /**
     * The rule's operand: N for the offset rules, a register number, or the section offset of an expression's block.
     */
    public long operand(int register) {
        return operands[register];
    }

    /** One more than the highest register with a rule. */
    public int registerCount() {
        return used;
    }

    /** AArch64: the return address carries an authentication code here. */
    public boolean isReturnAddressSigned() {
        return returnAddressSigned;
    }

    /** AArch64 PAuth_LR: the signature was made with the pc of the signing instruction. */
    public boolean isPcInSignature() {
        return pcInSignature;
    }

    void clear() {
        Arrays.fill(rules, 0, used, RegisterRule.UNSPECIFIED);
        used = 0;
        cfaDefined = false;
        cfaExpression = false;
        cfaRegister = 0;
        cfaOffset = 0;
        cfaBlock = 0;
        returnAddressSigned = false;
        pcInSignature = false;
    }

    void copyFrom(UnwindRow other) {
        int count = Math.max(used, other.used);
        System.arraycopy(other.rules, 0, rules, 0, count);
        System.arraycopy(other.operands, 0, operands, 0, other.used);
        used = other.used;
        cfaDefined = other.cfaDefined;
        cfaExpression = other.cfaExpression;
        cfaRegister = other.cfaRegister;
        cfaOffset = other.cfaOffset;
        cfaBlock = other.cfaBlock;
        returnAddressSigned = other.returnAddressSigned;
        pcInSignature = other.pcInSignature;
    }

    /**
     * Changes the register alone. Assembly does this after an expression too, and expects the former offset to hold.
     */
    void cfaRegister(int register) {
        cfaDefined = true;
        cfaExpression = false;
        cfaRegister = register;
    }

    /** Changes the offset alone; an expression stays in force, as GNU's unwinder has it. */
    void cfaOffset(long offset) {
        cfaOffset = offset;
    }

    void cfaExpression(long blockOffset) {
        cfaDefined = true;
        cfaExpression = true;
        cfaBlock = blockOffset;
    }

    void rule(int register, RegisterRule rule, long operand) {
        rules[register] = rule;
        operands[register] = operand;
        used = Math.max(used, register + 1);
    }

    void restoreRule(int register, UnwindRow initial) {
        rule(register, initial.rule(register), initial.operand(register));
    }

    void returnAddressState(int state) {
        returnAddressSigned = state != RA_NOT_SIGNED;
        pcInSignature = state == RA_SIGNED_SP_PC;
    }

    void toggleReturnAddressSigned(boolean withPc) {
        returnAddressSigned = !returnAddressSigned;
        pcInSignature = returnAddressSigned && withPc;
    }
}

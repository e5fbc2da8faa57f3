// SPDX-License-Identifier: MIT
package io.dwunw.unwind;

import io.dwunw.bytes.Bytes;
import io.dwunw.dwarf.RegisterRule;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An unwind row compiled for one architecture: what the walk has to do, and nothing of how DWARF says it. Immutable and
 * shared by all addresses with equal rows. With <i>o</i> for the offsets of this rule,
 *
 * <pre>
 * cfa = (register + o) | expression
 * pc  = *(cfa + o) | link register | other rule        (or the stack ends here)
 * sp  = cfa | other rule
 * r   = *(cfa + o)                                     for each saved register
 * </pre>
 */
final class UnwindRule {
    private static final long[] NO_OFFSETS = {};
    private static final int[] NO_REGISTERS = {};

    /** Way to find the return address. */
    enum ReturnAddress {
        SAVED,
        IN_LINK_REGISTER,
        UNDEFINED,
        OTHER
    }

    /**
     * An unusual rule: an expression, or a combination that the other kinds cannot say.
     *
     * @param operand offset or register number
     * @param expression the expression of the expression rules
     */
    record Other(
            int register,
            RegisterRule rule,
            long operand,
            @Nullable Bytes expression) {}

    /** {@link StopReason#STEPPED}, or why there is no rule here. */
    final StopReason outcome;

    final int cfaRegister;
    final long cfaOffset;
    final @Nullable Bytes cfaExpression;

    final ReturnAddress returnAddress;
    final int returnAddressColumn;
    final long returnAddressOffset;
    final @Nullable Other returnAddressOther;
    final boolean returnAddressSigned;

    /** Registers saved in memory, at {@link #savedOffsets} from the CFA. */
    final int[] savedRegisters;

    final long[] savedOffsets;
    /** The saved registers and the return address lie in this range from the CFA; extent 0 if there is none. */
    final long lowestOffset;

    final int extent;
    final List<Other> others;
    /** Registers that are known in the caller if they were known here. */
    final int kept;

    final boolean signalFrame;
    /** For {@code DW_OP_addr}. */
    final long loadBias;

    private UnwindRule(Builder b) {
        outcome = b.outcome;
        cfaRegister = b.cfaRegister;
        cfaOffset = b.cfaOffset;
        cfaExpression = b.cfaExpression;
        returnAddress = b.returnAddress;
        returnAddressColumn = b.returnAddressColumn;
        returnAddressOffset = b.returnAddressOffset;
        returnAddressOther = b.returnAddressOther;
        returnAddressSigned = b.returnAddressSigned;
        savedRegisters = Arrays.copyOf(b.savedRegisters, b.savedCount);
        savedOffsets = Arrays.copyOf(b.savedOffsets, b.savedCount);
        lowestOffset = b.lowestOffset;
        extent = b.extent;
        others = List.copyOf(b.others);
        kept = b.kept;
        signalFrame = b.signalFrame;
        loadBias = b.loadBias;
    }

    /** A rule that only says why there is none. */
    static UnwindRule none(StopReason why) {
        Builder builder = new Builder();
        builder.outcome = why;
        return new UnwindRule(builder);
    }

    /** Whether equal rows may share this object: expressions are not compared. */
    boolean canBeShared() {
        return cfaExpression == null && returnAddressOther == null && others.isEmpty();
    }

    @Override
    public boolean equals(Object object) {
        return this == object
                || (object instanceof UnwindRule that
                        && canBeShared()
                        && that.canBeShared()
                        && outcome == that.outcome
                        && cfaRegister == that.cfaRegister
                        && cfaOffset == that.cfaOffset
                        && returnAddress == that.returnAddress
                        && returnAddressColumn == that.returnAddressColumn
                        && returnAddressOffset == that.returnAddressOffset
                        && returnAddressSigned == that.returnAddressSigned
                        && kept == that.kept
                        && signalFrame == that.signalFrame
                        && Arrays.equals(savedRegisters, that.savedRegisters)
                        && Arrays.equals(savedOffsets, that.savedOffsets));
    }

    @Override
    public int hashCode() {
        int hash = 31 * cfaRegister + Long.hashCode(cfaOffset);
        hash = 31 * hash + Arrays.hashCode(savedRegisters);
        return 31 * hash + Arrays.hashCode(savedOffsets) + Long.hashCode(returnAddressOffset);
    }

    /** Collects what {@link RuleCompiler} finds in a row. */
    static final class Builder {
        StopReason outcome = StopReason.STEPPED;
        int cfaRegister;
        long cfaOffset;

        @Nullable
        Bytes cfaExpression;

        ReturnAddress returnAddress = ReturnAddress.UNDEFINED;
        int returnAddressColumn;
        long returnAddressOffset;

        @Nullable
        Other returnAddressOther;

        boolean returnAddressSigned;
        int[] savedRegisters = NO_REGISTERS;
        long[] savedOffsets = NO_OFFSETS;
        int savedCount;
        long lowestOffset;
        int extent;
        List<Other> others = List.of();
        int kept;
        boolean signalFrame;
        long loadBias;

        UnwindRule build() {
            return new UnwindRule(this);
        }
    }
}

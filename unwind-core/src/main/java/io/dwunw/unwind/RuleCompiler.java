// SPDX-License-Identifier: MIT
package io.dwunw.unwind;

import io.dwunw.arch.AArch64;
import io.dwunw.arch.Architecture;
import io.dwunw.arch.Mips32;
import io.dwunw.bytes.ByteCursor;
import io.dwunw.bytes.Bytes;
import io.dwunw.bytes.MalformedDataException;
import io.dwunw.dwarf.CallFrameInfo;
import io.dwunw.dwarf.CfiLimits;
import io.dwunw.dwarf.ExpressionEvaluator;
import io.dwunw.dwarf.Fde;
import io.dwunw.dwarf.RegisterRule;
import io.dwunw.dwarf.RowEvaluator;
import io.dwunw.dwarf.UnwindRow;
import io.dwunw.elf.ElfHeader;
import io.dwunw.module.LoadedModule;
import io.dwunw.module.ModuleData;
import io.dwunw.module.ModuleDataSource;
import io.dwunw.module.SeparateCfi;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/**
 * Cold: finds the row for an address and compiles it. One of the two seams where damaged data becomes a stop reason.
 */
final class RuleCompiler {
    /** Vector registers and big signal frames included, save areas are below 16 KiB; this leaves room. */
    private static final long MAX_SAVE_AREA_BYTES = 1 << 24;

    /** {@code e_flags}: n32, with 64-bit registers in an ELF32 file (Linux, {@code asm/elf.h}). */
    private static final int EF_MIPS_ABI2 = 0x20;

    private final RowEvaluator rows = new RowEvaluator();
    private final ModuleDataSource source;

    RuleCompiler(ModuleDataSource source) {
        this.source = source;
    }

    UnwindRule compile(LoadedModule module, long lookupAvma, long pc, Architecture architecture) {
        ModuleData data = source.acquire(module);
        if (data == null) {
            return UnwindRule.none(StopReason.NO_IMAGE);
        }
        try {
            return compile(data, module, lookupAvma, pc, architecture);
        } catch (MalformedDataException damaged) {
            return UnwindRule.none(StopReason.BAD_CFI);
        } finally {
            source.release(data);
        }
    }

    private UnwindRule compile(
            ModuleData data, LoadedModule module, long lookupAvma, long pc, Architecture architecture) {
        if (!isOf(data.image().header(), architecture)) {
            return UnwindRule.none(StopReason.NO_IMAGE);
        }
        CallFrameInfo own = data.cfi();
        long loadBias = module.loadBias(data.image());
        UnwindRule rule = own == null ? null : compile(own, lookupAvma, architecture, loadBias);
        if (rule != null) {
            return rule;
        }
        for (SeparateCfi separate : data.separateCfi()) {
            rule = compile(separate.cfi(), lookupAvma, architecture, loadBias + separate.shift());
            if (rule != null) {
                return rule;
            }
        }
        UnwindRule trampoline = SignalTrampolines.in(data.image().atSvma(pc - loadBias), architecture);
        return trampoline == null ? UnwindRule.none(StopReason.NO_CFI) : trampoline;
    }

    private @Nullable UnwindRule compile(CallFrameInfo cfi, long lookupAvma, Architecture architecture, long loadBias) {
        Fde fde = cfi.find(lookupAvma - loadBias);
        UnwindRow row = fde == null ? null : rows.find(fde, lookupAvma - loadBias);
        return fde == null || row == null ? null : compile(fde, row, architecture, loadBias);
    }

    /** Not of a sister ABI either: x32, n32 and n64 have the machine's number, but other words or registers. */
    private static boolean isOf(ElfHeader header, Architecture architecture) {
        boolean n32 = header.machine() == Mips32.ARCHITECTURE.elfMachine() && (header.flags() & EF_MIPS_ABI2) != 0;
        return header.machine() == architecture.elfMachine() && header.wordBytes() == architecture.wordBytes() && !n32;
    }

    static UnwindRule compile(Fde fde, UnwindRow row, Architecture architecture, long loadBias) {
        UnwindRule.Builder rule = new UnwindRule.Builder();
        Bytes section = fde.section().bytes();
        if (!row.isCfaDefined()) {
            return UnwindRule.none(StopReason.BAD_CFI);
        }
        if (row.isCfaExpression()) {
            rule.cfaExpression = block(section, row.cfaOperand());
        } else {
            rule.cfaRegister = slot(row.cfaRegister());
            rule.cfaOffset = row.cfaOperand();
        }
        rule.signalFrame = fde.cie().signalFrame();
        rule.loadBias = loadBias;
        int column = fde.cie().returnAddressColumn();
        returnAddress(rule, section, row, column, architecture);
        registers(rule, section, row, column, architecture);
        return extent(rule, architecture.wordBytes()) ? rule.build() : UnwindRule.none(StopReason.BAD_CFI);
    }

    private static void returnAddress(
            UnwindRule.Builder rule, Bytes section, UnwindRow row, int column, Architecture architecture) {
        rule.returnAddressColumn = column;
        rule.returnAddressSigned = isSigned(section, row, architecture);
        RegisterRule how = row.rule(column);
        switch (how) {
            case OFFSET -> {
                rule.returnAddress = UnwindRule.ReturnAddress.SAVED;
                rule.returnAddressOffset = row.operand(column);
            }
            case UNDEFINED -> rule.returnAddress = UnwindRule.ReturnAddress.UNDEFINED;
            case UNSPECIFIED, SAME_VALUE -> {
                if (!architecture.hasLinkRegister() || column >= Architecture.REGISTER_SLOTS) {
                    throw new MalformedDataException("row without return address", column);
                }
                rule.returnAddress = UnwindRule.ReturnAddress.IN_LINK_REGISTER;
            }
            default -> {
                rule.returnAddress = UnwindRule.ReturnAddress.OTHER;
                rule.returnAddressOther = other(section, column, how, row.operand(column));
            }
        }
    }

    /**
     * Whether the row says that the return address carries an authentication code: by an instruction, or by an
     * expression for the pseudo-register, as assembly does.
     */
    @SuppressWarnings("ReferenceEquality") // architectures are constants
    private static boolean isSigned(Bytes section, UnwindRow row, Architecture architecture) {
        if (architecture != AArch64.ARCHITECTURE) {
            if (row.isReturnAddressSigned()) {
                throw new MalformedDataException("an instruction of another machine", architecture.elfMachine());
            }
            return false;
        }
        if (row.rule(AArch64.RA_SIGN_STATE) != RegisterRule.VAL_EXPRESSION) {
            return row.isReturnAddressSigned();
        }
        Bytes expression = block(section, row.operand(AArch64.RA_SIGN_STATE));
        ExpressionEvaluator constant = new ExpressionEvaluator();
        if (constant.evaluate(expression, architecture.wordBytes(), new FrameState())
                != ExpressionEvaluator.Outcome.VALUE) {
            throw new MalformedDataException("state of the return address is no constant", AArch64.RA_SIGN_STATE);
        }
        return (constant.result() & 1) != 0;
    }

    private static void registers(
            UnwindRule.Builder rule, Bytes section, UnwindRow row, int column, Architecture architecture) {
        int count = Math.min(row.registerCount(), Architecture.REGISTER_SLOTS);
        rule.savedRegisters = new int[count];
        rule.savedOffsets = new long[count];
        rule.others = new ArrayList<>();
        // In an interrupted frame nothing was clobbered by a call.
        int kept = rule.signalFrame ? -1 : architecture.calleeSaved();
        for (int register = 0; register < count; register++) {
            RegisterRule how = row.rule(register);
            if (register == column || how == RegisterRule.UNSPECIFIED) {
                continue;
            }
            switch (how) {
                case UNDEFINED -> kept &= ~(1 << register);
                case SAME_VALUE -> kept |= 1 << register;
                case OFFSET -> {
                    rule.savedRegisters[rule.savedCount] = register;
                    rule.savedOffsets[rule.savedCount++] = row.operand(register);
                }
                case REGISTER -> {
                    if (row.operand(register) < Architecture.REGISTER_SLOTS) {
                        rule.others.add(other(section, register, how, row.operand(register)));
                    } else {
                        kept &= ~(1 << register); // it lies in a register that is not recorded
                    }
                }
                default -> rule.others.add(other(section, register, how, row.operand(register)));
            }
        }
        rule.kept = kept;
    }

    private static UnwindRule.Other other(Bytes section, int register, RegisterRule how, long operand) {
        return switch (how) {
            case EXPRESSION, VAL_EXPRESSION -> new UnwindRule.Other(register, how, 0, block(section, operand));
            case REGISTER -> new UnwindRule.Other(register, how, slot((int) operand), null);
            default -> new UnwindRule.Other(register, how, operand, null);
        };
    }

    /** One check for all words that the rule reads. False if they cannot belong to one frame. */
    private static boolean extent(UnwindRule.Builder rule, int wordBytes) {
        boolean saved = rule.returnAddress == UnwindRule.ReturnAddress.SAVED;
        if (!saved && rule.savedCount == 0) {
            return true;
        }
        long lowest = saved ? rule.returnAddressOffset : rule.savedOffsets[0];
        long highest = lowest;
        for (int i = 0; i < rule.savedCount; i++) {
            lowest = Math.min(lowest, rule.savedOffsets[i]);
            highest = Math.max(highest, rule.savedOffsets[i]);
        }
        // Below zero it has overflowed: the offsets are spread over the whole address space.
        long spread = highest - lowest;
        rule.lowestOffset = lowest;
        rule.extent = (int) spread + wordBytes;
        return spread >= 0 && spread <= MAX_SAVE_AREA_BYTES;
    }

    private static int slot(int register) {
        if (register >= Architecture.REGISTER_SLOTS) {
            throw new MalformedDataException("rule needs a register that is not recorded", register);
        }
        return register;
    }

    private static Bytes block(Bytes section, long offset) {
        ByteCursor at = section.cursor();
        at.position(offset);
        long length = at.uleb128();
        if (length < 0 || length > CfiLimits.MAX_EXPRESSION_BYTES) {
            throw new MalformedDataException("expression is too long", offset);
        }
        // Copied, so that the walk reads no files.
        return Bytes.of(section.toArray(at.position(), (int) length), section.order());
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.unwind;

import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.arch.AArch64;
import io.dwunw.arch.Architecture;
import io.dwunw.arch.Mips32;
import io.dwunw.arch.RegisterSet;
import io.dwunw.arch.X86_64;
import io.dwunw.dwarf.CfiSection;
import io.dwunw.dwarf.Fde;
import io.dwunw.dwarf.RowEvaluator;
import io.dwunw.memory.StackSnapshot;
import io.dwunw.testkit.SectionAssembler;
import java.nio.ByteOrder;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Rows put together by hand, compiled and applied: what compilers never emit, and what they seldom do. */
final class RuleCompilerTest {
    private static final int DW_CFA_DEF_CFA = 0x0c;
    private static final int DW_CFA_REGISTER = 0x09;
    private static final int DW_CFA_OFFSET_EXTENDED_SF = 0x11;
    private static final int DW_CFA_VAL_EXPRESSION = 0x16;
    private static final int DW_CFA_AARCH64_NEHOOKS_RA_STATE = 0x2d;
    private static final int DW_OP_LIT0 = 0x30;
    private static final int DW_OP_BREG0 = 0x70;
    private static final long STACK = 0x7fff_0000_0000L;
    private static final long PC = 0x1008;

    private final StackSnapshot stack = new StackSnapshot(STACK, stackBytes(), ByteOrder.LITTLE_ENDIAN);
    private final RuleApplication application = new RuleApplication();

    @Test
    void savedRegistersAllOverTheAddressSpaceAreBadCfi() {
        SectionAssembler program = x86().u8(DW_CFA_OFFSET_EXTENDED_SF, X86_64.RBX)
                .sleb(Long.MIN_VALUE)
                .u8(DW_CFA_OFFSET_EXTENDED_SF, X86_64.RBP)
                .sleb(Long.MAX_VALUE)
                .u8(DW_CFA_OFFSET_EXTENDED_SF, X86_64.R12)
                .sleb(1L << 40);
        assertThat(rule(program, X86_64.ARCHITECTURE).outcome).isEqualTo(StopReason.BAD_CFI);
        program = x86().u8(DW_CFA_OFFSET_EXTENDED_SF, X86_64.RBX).sleb(Long.MAX_VALUE);
        assertThat(rule(program, X86_64.ARCHITECTURE).outcome).isEqualTo(StopReason.BAD_CFI);
        program = x86().u8(DW_CFA_OFFSET_EXTENDED_SF, X86_64.RBX).sleb(1 << 20);
        assertThat(rule(program, X86_64.ARCHITECTURE).outcome).isEqualTo(StopReason.STEPPED);
    }

    @Test
    void anExpressionLongerThanAnyRealOneIsBadCfi() {
        SectionAssembler expression = code();
        for (int i = 0; i < 70_000; i++) {
            expression.u8(0x96); // DW_OP_nop
        }
        SectionAssembler program = x86().u8(DW_CFA_VAL_EXPRESSION, X86_64.RBX).block(expression);
        assertThat(rule(program, X86_64.ARCHITECTURE).outcome).isEqualTo(StopReason.BAD_CFI);
    }

    /** After a call the link register holds the address that the call returned to. */
    @Test
    void aFrameThatReturnsToItselfHasLostItsLinkRegister() {
        SectionAssembler program = code().u8(DW_CFA_DEF_CFA, AArch64.SP, 16);
        UnwindRule rule = rule(program, AArch64.ARCHITECTURE);
        RegisterSet registers = RegisterSet.prepare(AArch64.ARCHITECTURE);
        registers.pc(PC);
        registers.sp(STACK);
        registers.set(AArch64.LR, PC);
        assertThat(application.apply(rule, registers, stack, 0)).isEqualTo(StopReason.LOST_REGISTER);
        registers.set(AArch64.LR, PC + 0x40);
        assertThat(application.apply(rule, registers, stack, 0)).isEqualTo(StopReason.STEPPED);
        assertThat(registers.pc()).isEqualTo(PC + 0x40);
        assertThat(registers.sp()).isEqualTo(STACK + 16);
    }

    @Test
    void aRegisterThatCannotBeToldDoesNotEndTheWalk() {
        SectionAssembler program = x86().u8(DW_CFA_REGISTER, X86_64.RBX, 40) // a mask register: not recorded
                .u8(DW_CFA_REGISTER, X86_64.RBP, X86_64.R11)
                .u8(DW_CFA_REGISTER, X86_64.R13, X86_64.R10)
                .u8(DW_CFA_VAL_EXPRESSION, X86_64.R12)
                .block(code().u8(DW_OP_BREG0 + X86_64.R11, 4));
        RegisterSet registers = x86Registers();
        registers.forget(X86_64.R11);
        registers.set(X86_64.R10, 77);
        assertThat(application.apply(rule(program, X86_64.ARCHITECTURE), registers, stack, 0))
                .isEqualTo(StopReason.STEPPED);
        assertThat(registers.known(X86_64.RBX)).isFalse();
        assertThat(registers.known(X86_64.RBP)).isFalse();
        assertThat(registers.known(X86_64.R12)).isFalse();
        assertThat(registers.known(X86_64.R14)).isTrue();
        assertThat(registers.get(X86_64.R13)).isEqualTo(77);
        assertThat(registers.known(X86_64.R13)).isTrue();
    }

    @Test
    void aStackPointerThatCannotBeToldEndsIt() {
        SectionAssembler program = x86().u8(DW_CFA_REGISTER, X86_64.RSP, X86_64.R11);
        RegisterSet registers = x86Registers();
        registers.forget(X86_64.R11);
        assertThat(application.apply(rule(program, X86_64.ARCHITECTURE), registers, stack, 0))
                .isEqualTo(StopReason.LOST_REGISTER);
        assertThat(registers.sp()).isEqualTo(STACK);
    }

    /** Assembly states the pseudo-register RA_SIGN_STATE by an expression instead of toggling it. */
    @Test
    void theSignatureStateMayBeAnExpression() {
        assertThat(signed(DW_OP_LIT0 + 1)).isTrue();
        assertThat(signed(DW_OP_LIT0)).isFalse();
        SectionAssembler program = code().u8(DW_CFA_DEF_CFA, AArch64.SP, 16)
                .u8(DW_CFA_VAL_EXPRESSION, AArch64.RA_SIGN_STATE)
                .block(code().u8(DW_OP_BREG0, 0));
        assertThat(rule(program, AArch64.ARCHITECTURE).outcome).isEqualTo(StopReason.BAD_CFI);
    }

    private static boolean signed(int operation) {
        SectionAssembler program = code().u8(DW_CFA_DEF_CFA, AArch64.SP, 16)
                .u8(DW_CFA_VAL_EXPRESSION, AArch64.RA_SIGN_STATE)
                .block(code().u8(operation));
        UnwindRule rule = rule(program, AArch64.ARCHITECTURE);
        assertThat(rule.outcome).isEqualTo(StopReason.STEPPED);
        return rule.returnAddressSigned;
    }

    /** The number is DW_CFA_GNU_window_save on SPARC, and means nothing elsewhere. */
    @Test
    void onlyAArch64SignsReturnAddresses() {
        SectionAssembler program = code().u8(DW_CFA_DEF_CFA, AArch64.SP, 16, DW_CFA_AARCH64_NEHOOKS_RA_STATE);
        assertThat(rule(program, AArch64.ARCHITECTURE).returnAddressSigned).isTrue();
        assertThat(rule(x86().u8(DW_CFA_AARCH64_NEHOOKS_RA_STATE), X86_64.ARCHITECTURE).outcome)
                .isEqualTo(StopReason.BAD_CFI);
    }

    @Test
    void theGlobalPointerOfMipsDoesNotSurviveCalls() {
        assertThat(Mips32.ARCHITECTURE.isCalleeSaved(Mips32.GP)).isFalse();
        assertThat(Mips32.ARCHITECTURE.isCalleeSaved(Mips32.S7)).isTrue();
    }

    private static RegisterSet x86Registers() {
        RegisterSet registers = RegisterSet.prepare(X86_64.ARCHITECTURE);
        for (int i = 0; i < 16; i++) {
            registers.set(i, i);
        }
        registers.pc(PC);
        registers.sp(STACK);
        return registers;
    }

    private static SectionAssembler x86() {
        return code().u8(DW_CFA_DEF_CFA, X86_64.RSP, 8)
                .u8(DW_CFA_OFFSET_EXTENDED_SF, X86_64.RETURN_ADDRESS)
                .sleb(-8);
    }

    private static SectionAssembler code() {
        return new SectionAssembler(ByteOrder.LITTLE_ENDIAN);
    }

    private static byte[] stackBytes() {
        byte[] bytes = new byte[256];
        bytes[1] = 0x20; // a return address
        return bytes;
    }

    /** The rule of an FDE with this program; offsets are not factored. */
    private static UnwindRule rule(SectionAssembler program, Architecture architecture) {
        SectionAssembler section = code().open()
                .u32(0)
                .u8(1)
                .string("zR")
                .uleb(1)
                .sleb(1)
                .u8(architecture.returnAddress())
                .uleb(1)
                .u8(0)
                .close();
        int offset = section.offset();
        section.open().u32(offset + 4).u64(0x1000).u64(0x100).uleb(0);
        for (byte instruction : program.toArray()) {
            section.u8(instruction);
        }
        section.close();
        Fde fde = new CfiSection(section.bytes(), 0, CfiSection.Format.EH_FRAME, 8, 0, 0).fde(offset);
        try {
            return RuleCompiler.compile(fde, Objects.requireNonNull(new RowEvaluator().find(fde, PC)), architecture, 0);
        } catch (io.dwunw.bytes.MalformedDataException damaged) {
            return UnwindRule.none(StopReason.BAD_CFI); // as the compiler's own seam does
        }
    }
}

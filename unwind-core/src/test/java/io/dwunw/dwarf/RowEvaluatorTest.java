// SPDX-License-Identifier: MIT
package io.dwunw.dwarf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dwunw.bytes.MalformedDataException;
import io.dwunw.testkit.SectionAssembler;
import java.nio.ByteOrder;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every call frame instruction, in programs put together by hand: code factor 2, data factor -8. */
final class RowEvaluatorTest {
    private static final long START = 0x1000;
    private static final long BYTES = 0x10000;

    private final RowEvaluator rows = new RowEvaluator();

    @Test
    void defCfaAndOffsets() {
        UnwindRow row = last(code().u8(DwCfa.DW_CFA_def_cfa)
                .uleb(6)
                .uleb(16)
                .u8(DwCfa.DW_CFA_offset | 3)
                .uleb(2));
        assertThat(row.cfaRegister()).isEqualTo(6);
        assertThat(row.cfaOperand()).isEqualTo(16);
        assertRule(row, 3, RegisterRule.OFFSET, -16);
        assertRule(row, 16, RegisterRule.OFFSET, -8); // from the CIE
    }

    @Test
    void signedFormsAreFactored() {
        UnwindRow row = last(code().u8(DwCfa.DW_CFA_def_cfa_sf).uleb(6).sleb(-3));
        assertThat(row.cfaOperand()).isEqualTo(24);
        row = last(code().u8(DwCfa.DW_CFA_def_cfa_offset_sf).sleb(-5));
        assertThat(row.cfaRegister()).isEqualTo(7);
        assertThat(row.cfaOperand()).isEqualTo(40);
        row = last(code().u8(DwCfa.DW_CFA_offset_extended_sf).uleb(40).sleb(-4));
        assertRule(row, 40, RegisterRule.OFFSET, 32);
        row = last(code().u8(DwCfa.DW_CFA_val_offset_sf).uleb(5).sleb(-1));
        assertRule(row, 5, RegisterRule.VAL_OFFSET, 8);
    }

    @Test
    void halvesOfTheCfaChangeSeparately() {
        UnwindRow row = last(code().u8(DwCfa.DW_CFA_def_cfa_register).uleb(6));
        assertThat(row.cfaRegister()).isEqualTo(6);
        assertThat(row.cfaOperand()).isEqualTo(8);
        row = last(code().u8(DwCfa.DW_CFA_def_cfa_offset).uleb(48));
        assertThat(row.cfaRegister()).isEqualTo(7);
        assertThat(row.cfaOperand()).isEqualTo(48);
    }

    @Test
    void aRegisterAfterAnExpressionKeepsTheOffsetOfBefore() {
        UnwindRow row = last(code().u8(DwCfa.DW_CFA_def_cfa_offset)
                .uleb(56)
                .u8(DwCfa.DW_CFA_def_cfa_expression)
                .block(code().u8(DwOp.DW_OP_lit0))
                .u8(DwCfa.DW_CFA_def_cfa_register)
                .uleb(7));
        assertThat(row.isCfaExpression()).isFalse();
        assertThat(row.cfaOperand()).isEqualTo(56);
    }

    @Test
    void otherRegisterRules() {
        assertRule(last(code().u8(DwCfa.DW_CFA_undefined).uleb(16)), 16, RegisterRule.UNDEFINED, 0);
        assertRule(last(code().u8(DwCfa.DW_CFA_same_value).uleb(16)), 16, RegisterRule.SAME_VALUE, 0);
        assertRule(last(code().u8(DwCfa.DW_CFA_register).uleb(3).uleb(12)), 3, RegisterRule.REGISTER, 12);
        assertRule(last(code().u8(DwCfa.DW_CFA_val_offset).uleb(3).uleb(2)), 3, RegisterRule.VAL_OFFSET, -16);
        assertRule(last(code().u8(DwCfa.DW_CFA_offset_extended).uleb(33).uleb(2)), 33, RegisterRule.OFFSET, -16);
        assertRule(
                last(code().u8(DwCfa.DW_CFA_GNU_negative_offset_extended)
                        .uleb(3)
                        .uleb(2)),
                3,
                RegisterRule.OFFSET,
                16);
    }

    @Test
    void expressionsAreKeptByPlace() {
        SectionAssembler expression = code().u8(DwOp.DW_OP_breg0 + 7).sleb(8);
        UnwindRow row = last(code().u8(DwCfa.DW_CFA_def_cfa_expression).block(expression));
        assertThat(row.isCfaExpression()).isTrue();
        row = last(code().u8(DwCfa.DW_CFA_expression).uleb(3).block(expression));
        assertThat(row.rule(3)).isEqualTo(RegisterRule.EXPRESSION);
        row = last(code().u8(DwCfa.DW_CFA_val_expression).uleb(3).block(expression));
        assertThat(row.rule(3)).isEqualTo(RegisterRule.VAL_EXPRESSION);
    }

    @Test
    void restoreGoesBackToTheCie() {
        SectionAssembler program = code().u8(DwCfa.DW_CFA_offset | 16).uleb(5).u8(DwCfa.DW_CFA_restore | 16);
        assertRule(last(program), 16, RegisterRule.OFFSET, -8);
        program = code().u8(DwCfa.DW_CFA_offset | 3)
                .uleb(5)
                .u8(DwCfa.DW_CFA_restore_extended)
                .uleb(3);
        assertRule(last(program), 3, RegisterRule.UNSPECIFIED, 0);
    }

    @Test
    void rememberedStatesNestAndIncludeTheCfa() {
        UnwindRow row = last(code().u8(DwCfa.DW_CFA_offset | 3)
                .uleb(2)
                .u8(DwCfa.DW_CFA_remember_state, DwCfa.DW_CFA_def_cfa_offset)
                .uleb(64)
                .u8(DwCfa.DW_CFA_remember_state, DwCfa.DW_CFA_restore | 3)
                .u8(DwCfa.DW_CFA_restore_state, DwCfa.DW_CFA_restore_state));
        assertThat(row.cfaOperand()).isEqualTo(8);
        assertRule(row, 3, RegisterRule.OFFSET, -16);
    }

    @Test
    void everyAdvanceEndsARow() {
        SectionAssembler program = code().u8(DwCfa.DW_CFA_advance_loc | 3)
                .u8(DwCfa.DW_CFA_advance_loc1, 5)
                .u8(DwCfa.DW_CFA_advance_loc2)
                .u16(0x100)
                .u8(DwCfa.DW_CFA_advance_loc4)
                .u32(0x200)
                .u8(DwCfa.DW_CFA_MIPS_advance_loc8)
                .u64(0x10)
                .u8(DwCfa.DW_CFA_set_loc)
                .u64(START + 0x2000);
        long[] starts = {0, 6, 16, 16 + 0x200, 16 + 0x600, 16 + 0x620, 0x2000};
        rows.start(fde(program));
        for (long start : starts) {
            assertThat(rows.next()).isTrue();
            assertThat(rows.startSvma()).isEqualTo(START + start);
        }
        assertThat(rows.endSvma()).isEqualTo(START + BYTES);
        assertThat(rows.next()).isFalse();
    }

    @Test
    void findsTheRowThatCoversAnAddress() {
        Fde fde = fde(code().u8(DwCfa.DW_CFA_advance_loc | 2, DwCfa.DW_CFA_def_cfa_offset)
                .uleb(16)
                .u8(DwCfa.DW_CFA_advance_loc | 2, DwCfa.DW_CFA_def_cfa_offset)
                .uleb(24));
        assertThat(cfaOffset(fde, START)).isEqualTo(8);
        assertThat(cfaOffset(fde, START + 3)).isEqualTo(8);
        assertThat(cfaOffset(fde, START + 4)).isEqualTo(16);
        assertThat(cfaOffset(fde, START + 7)).isEqualTo(16);
        assertThat(cfaOffset(fde, START + 8)).isEqualTo(24);
        assertThat(cfaOffset(fde, START + BYTES - 1)).isEqualTo(24);
        assertThat(rows.find(fde, START + BYTES)).isNull();
    }

    @Test
    void aarch64SignatureStateToggles() {
        UnwindRow row = last(code().u8(DwCfa.DW_CFA_AARCH64_nehooks_ra_state));
        assertThat(row.isReturnAddressSigned()).isTrue();
        assertThat(row.isPcInSignature()).isFalse();
        row = last(code().u8(DwCfa.DW_CFA_AARCH64_nehooks_ra_state, DwCfa.DW_CFA_AARCH64_nehooks_ra_state));
        assertThat(row.isReturnAddressSigned()).isFalse();
        row = last(code().u8(DwCfa.DW_CFA_AARCH64_nehooks_ra_state_with_pc));
        assertThat(row.isReturnAddressSigned()).isTrue();
        assertThat(row.isPcInSignature()).isTrue();
    }

    @Test
    void aarch64SignatureStateIsSet() {
        UnwindRow row = last(code().u8(DwCfa.DW_CFA_AARCH64_set_ra_state, 2).sleb(-3));
        assertThat(row.isReturnAddressSigned()).isTrue();
        assertThat(row.isPcInSignature()).isTrue();
        row = last(code().u8(DwCfa.DW_CFA_AARCH64_set_ra_state, 1, 0, DwCfa.DW_CFA_AARCH64_set_ra_state, 1, 0));
        assertThat(row.isReturnAddressSigned()).isTrue();
        assertThat(row.isPcInSignature()).isFalse();
        row = last(code().u8(DwCfa.DW_CFA_AARCH64_nehooks_ra_state, DwCfa.DW_CFA_AARCH64_set_ra_state, 0, 0));
        assertThat(row.isReturnAddressSigned()).isFalse();
        assertThatThrownBy(() -> last(code().u8(DwCfa.DW_CFA_AARCH64_set_ra_state, 3, 0)))
                .isInstanceOf(MalformedDataException.class);
    }

    @Test
    void argumentSizesChangeNothing() {
        UnwindRow row = last(code().u8(DwCfa.DW_CFA_GNU_args_size).uleb(128).u8(DwCfa.DW_CFA_nop));
        assertThat(row.cfaOperand()).isEqualTo(8);
    }

    @ParameterizedTest
    @ValueSource(ints = {0x17, 0x1c, 0x1e, 0x2a, 0x30, 0x3f})
    void anUnknownInstructionFailsTheRow(int opcode) {
        assertThatThrownBy(() -> last(code().u8(opcode, 0, 0, 0))).isInstanceOf(MalformedDataException.class);
    }

    @Test
    void damagedProgramsFail() {
        assertThatThrownBy(() -> last(code().u8(DwCfa.DW_CFA_restore_state)))
                .isInstanceOf(MalformedDataException.class);
        assertThatThrownBy(() -> last(code().u8(DwCfa.DW_CFA_undefined).uleb(CfiLimits.MAX_REGISTERS)))
                .isInstanceOf(MalformedDataException.class);
        assertThatThrownBy(() -> last(code().u8(DwCfa.DW_CFA_expression, 3).uleb(1000)))
                .isInstanceOf(MalformedDataException.class);
        SectionAssembler deep = code();
        for (int i = 0; i <= CfiLimits.MAX_REMEMBERED_STATES; i++) {
            deep.u8(DwCfa.DW_CFA_remember_state);
        }
        assertThatThrownBy(() -> last(deep)).isInstanceOf(MalformedDataException.class);
    }

    @Test
    void programsAndAugmentationsBeyondTheCapsFail() {
        SectionAssembler program = code();
        for (int i = 0; i <= CfiLimits.MAX_PROGRAM_BYTES; i++) {
            program.u8(DwCfa.DW_CFA_nop);
        }
        assertThatThrownBy(() -> last(program)).isInstanceOf(MalformedDataException.class);
        SectionAssembler cie = code().open()
                .u32(0)
                .u8(1)
                .string("z" + "x".repeat(CfiLimits.MAX_AUGMENTATION))
                .uleb(1)
                .sleb(1)
                .u8(16)
                .uleb(0)
                .close();
        CfiSection section = new CfiSection(cie.bytes(), 0, CfiSection.Format.EH_FRAME, 8, 0, 0);
        assertThatThrownBy(() -> section.entry(0)).isInstanceOf(MalformedDataException.class);
    }

    /** LSB 5.0 Core §10.6.1: the CIE id and pointer have four bytes even behind an extended length. */
    @Test
    void extendedLengthsInEhFrame() {
        SectionAssembler section = code().u32(0xffff_ffffL)
                .u64(16)
                .u32(0)
                .u8(1)
                .string("zR")
                .uleb(1)
                .sleb(-8)
                .u8(16)
                .uleb(1)
                .u8(EhPointer.DW_EH_PE_ABSPTR)
                .u8(DwCfa.DW_CFA_def_cfa, 7, 8);
        int offset = section.offset();
        section.u32(0xffff_ffffL)
                .u64(24)
                .u32(offset + 12)
                .u64(START)
                .u64(BYTES)
                .uleb(0)
                .u8(0, 0, 0);
        Fde fde = new CfiSection(section.bytes(), 0, CfiSection.Format.EH_FRAME, 8, 0, 0).fde(offset);
        assertThat(fde.startSvma()).isEqualTo(START);
        assertThat(fde.bytes()).isEqualTo(BYTES);
        assertThat(fde.end()).isEqualTo(section.offset());
        assertThat(cfaOffset(fde, START)).isEqualTo(8);
    }

    private long cfaOffset(Fde fde, long svma) {
        return Objects.requireNonNull(rows.find(fde, svma)).cfaOperand();
    }

    private UnwindRow last(SectionAssembler program) {
        rows.start(fde(program));
        while (rows.next()) {
            assertThat(rows.row().isCfaDefined()).isTrue();
        }
        return rows.row();
    }

    private static void assertRule(UnwindRow row, int register, RegisterRule rule, long operand) {
        assertThat(row.rule(register)).isEqualTo(rule);
        assertThat(row.operand(register)).isEqualTo(operand);
    }

    private static SectionAssembler code() {
        return new SectionAssembler(ByteOrder.LITTLE_ENDIAN);
    }

    /** A CIE with {@code CFA = r7 + 8, r16 at CFA - 8}, and an FDE with this program. */
    private static Fde fde(SectionAssembler program) {
        SectionAssembler section = code().open()
                .u32(0)
                .u8(1)
                .string("zR")
                .uleb(2)
                .sleb(-8)
                .u8(16)
                .uleb(1)
                .u8(EhPointer.DW_EH_PE_ABSPTR)
                .u8(DwCfa.DW_CFA_def_cfa, 7, 8, DwCfa.DW_CFA_offset | 16, 1)
                .close();
        int offset = section.offset();
        section.open().u32(offset + 4).u64(START).u64(BYTES).uleb(0);
        for (byte instruction : program.toArray()) {
            section.u8(instruction);
        }
        section.close();
        return new CfiSection(section.bytes(), 0, CfiSection.Format.EH_FRAME, 8, 0, 0).fde(offset);
    }
}

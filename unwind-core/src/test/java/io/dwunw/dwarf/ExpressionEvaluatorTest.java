// SPDX-License-Identifier: MIT
package io.dwunw.dwarf;

import static io.dwunw.dwarf.ExpressionEvaluator.Outcome;
import static org.assertj.core.api.Assertions.assertThat;

import io.dwunw.testkit.SectionAssembler;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

/** Every operation that may appear in CFI. Register n holds 1000 + n; memory at a holds 7 * a. */
final class ExpressionEvaluatorTest {
    private static final long LOST = 9;
    private static final long HOLE = 0xdead;

    private final ExpressionEvaluator evaluator = new ExpressionEvaluator();
    private final ExpressionContext frame = new ExpressionContext() {
        @Override
        public boolean hasRegister(int dwarfRegister) {
            return dwarfRegister != LOST;
        }

        @Override
        public long register(int dwarfRegister) {
            return 1000L + dwarfRegister;
        }

        @Override
        public boolean canRead(long avma, int bytes) {
            return avma != HOLE;
        }

        @Override
        public long read(long avma, int bytes) {
            long value = 7 * avma;
            return bytes == 8 ? value : value & ((1L << (8 * bytes)) - 1);
        }

        @Override
        public long loadBias() {
            return 0x5000;
        }
    };

    @Test
    void constants() {
        assertValue(ops().u8(DwOp.DW_OP_lit0 + 31), 31);
        assertValue(ops().u8(DwOp.DW_OP_const1u, 0xff), 255);
        assertValue(ops().u8(DwOp.DW_OP_const1s, 0xff), -1);
        assertValue(ops().u8(DwOp.DW_OP_const2u).u16(0xfffe), 65534);
        assertValue(ops().u8(DwOp.DW_OP_const2s).u16(0xfffe), -2);
        assertValue(ops().u8(DwOp.DW_OP_const4u).u32(-3), 0xfffffffdL);
        assertValue(ops().u8(DwOp.DW_OP_const4s).u32(-3), -3);
        assertValue(ops().u8(DwOp.DW_OP_const8u).u64(-4), -4);
        assertValue(ops().u8(DwOp.DW_OP_const8s).u64(-4), -4);
        assertValue(ops().u8(DwOp.DW_OP_constu).uleb(300), 300);
        assertValue(ops().u8(DwOp.DW_OP_consts).sleb(-300), -300);
        assertValue(ops().u8(DwOp.DW_OP_addr).u64(0x40), 0x5040);
    }

    @Test
    void registersAndMemory() {
        assertValue(ops().u8(DwOp.DW_OP_breg0 + 7).sleb(-8), 999);
        assertValue(ops().u8(DwOp.DW_OP_bregx).uleb(33).sleb(1), 1034);
        assertValue(ops().u8(DwOp.DW_OP_lit0 + 10, DwOp.DW_OP_deref), 70);
        assertValue(ops().u8(DwOp.DW_OP_const1u, 100, DwOp.DW_OP_deref_size, 1), 700 & 0xff);
    }

    @Test
    void stackShuffling() {
        assertValue(ops().u8(DwOp.DW_OP_lit0 + 3, DwOp.DW_OP_dup, DwOp.DW_OP_mul), 9);
        assertValue(ops().u8(DwOp.DW_OP_lit0 + 3, DwOp.DW_OP_lit0 + 4, DwOp.DW_OP_drop), 3);
        assertValue(ops().u8(DwOp.DW_OP_lit0 + 3, DwOp.DW_OP_lit0 + 4, DwOp.DW_OP_over), 3);
        assertValue(ops().u8(DwOp.DW_OP_lit0 + 3, DwOp.DW_OP_lit0 + 4, DwOp.DW_OP_pick, 1), 3);
        assertValue(ops().u8(DwOp.DW_OP_lit0 + 3, DwOp.DW_OP_lit0 + 5, DwOp.DW_OP_swap, DwOp.DW_OP_minus), 2);
        SectionAssembler threeTwoOne = ops().u8(DwOp.DW_OP_lit0 + 1, DwOp.DW_OP_lit0 + 2, DwOp.DW_OP_lit0 + 3);
        assertValue(threeTwoOne.u8(DwOp.DW_OP_rot), 2);
        assertValue(threeTwoOne.u8(DwOp.DW_OP_drop), 1);
        assertValue(threeTwoOne.u8(DwOp.DW_OP_drop), 3);
    }

    @Test
    void arithmetic() {
        assertValue(binary(-7, 2, DwOp.DW_OP_div), -3);
        assertValue(binary(7, 4, DwOp.DW_OP_mod), 3);
        assertValue(binary(7, 4, DwOp.DW_OP_minus), 3);
        assertValue(binary(7, 4, DwOp.DW_OP_plus), 11);
        assertValue(binary(7, -4, DwOp.DW_OP_mul), -28);
        assertValue(binary(6, 3, DwOp.DW_OP_and), 2);
        assertValue(binary(6, 3, DwOp.DW_OP_or), 7);
        assertValue(binary(6, 3, DwOp.DW_OP_xor), 5);
        assertValue(binary(-8, 1, DwOp.DW_OP_shr), Long.MAX_VALUE - 3);
        assertValue(binary(-8, 1, DwOp.DW_OP_shra), -4);
        assertValue(binary(3, 4, DwOp.DW_OP_shl), 48);
        assertValue(binary(3, 64, DwOp.DW_OP_shl), 0);
        assertValue(binary(-3, 64, DwOp.DW_OP_shra), -1);
        assertValue(ops().u8(DwOp.DW_OP_const1s, 0xfb, DwOp.DW_OP_abs), 5);
        assertValue(ops().u8(DwOp.DW_OP_lit0 + 5, DwOp.DW_OP_neg), -5);
        assertValue(ops().u8(DwOp.DW_OP_lit0 + 5, DwOp.DW_OP_not), -6);
        assertValue(ops().u8(DwOp.DW_OP_lit0 + 5, DwOp.DW_OP_plus_uconst).uleb(200), 205);
    }

    @Test
    void comparisonsAreSigned() {
        assertValue(binary(-1, 1, DwOp.DW_OP_lt), 1);
        assertValue(binary(-1, 1, DwOp.DW_OP_gt), 0);
        assertValue(binary(1, 1, DwOp.DW_OP_le), 1);
        assertValue(binary(1, 1, DwOp.DW_OP_ge), 1);
        assertValue(binary(1, 2, DwOp.DW_OP_eq), 0);
        assertValue(binary(1, 2, DwOp.DW_OP_ne), 1);
    }

    @Test
    void branches() {
        assertValue(ops().u8(DwOp.DW_OP_lit0 + 1, DwOp.DW_OP_skip).u16(1).u8(DwOp.DW_OP_drop, DwOp.DW_OP_nop), 1);
        assertValue(
                ops().u8(DwOp.DW_OP_lit0 + 9, DwOp.DW_OP_lit0 + 1, DwOp.DW_OP_bra)
                        .u16(1)
                        .u8(DwOp.DW_OP_neg),
                9);
        assertValue(
                ops().u8(DwOp.DW_OP_lit0 + 9, DwOp.DW_OP_lit0, DwOp.DW_OP_bra)
                        .u16(1)
                        .u8(DwOp.DW_OP_neg),
                -9);
    }

    /** What binutils writes for lazy PLT entries: 8 more when the entry has pushed its index. */
    @Test
    void thePltExpression() {
        SectionAssembler plt = ops().u8(DwOp.DW_OP_breg0 + 7)
                .sleb(8)
                .u8(DwOp.DW_OP_breg0 + 16)
                .sleb(0)
                .u8(DwOp.DW_OP_lit0 + 15, DwOp.DW_OP_and, DwOp.DW_OP_lit0 + 11, DwOp.DW_OP_ge)
                .u8(DwOp.DW_OP_lit0 + 3, DwOp.DW_OP_shl, DwOp.DW_OP_plus);
        // rsp is 1007, rip 1016: 1016 & 15 = 8, below 11.
        assertValue(plt, 1015);
    }

    @Test
    void narrowTargetsComputeInThirtyTwoBits() {
        SectionAssembler sum = ops().u8(DwOp.DW_OP_const4u)
                .u32(0xffff_fff0L)
                .u8(DwOp.DW_OP_plus_uconst)
                .uleb(0x20);
        assertThat(evaluator.evaluate(sum.bytes(), 4, frame)).isEqualTo(Outcome.VALUE);
        assertThat(evaluator.result()).isEqualTo(0x10);
        SectionAssembler less = ops().u8(DwOp.DW_OP_const1s, 0xff, DwOp.DW_OP_lit0, DwOp.DW_OP_lt);
        assertThat(evaluator.evaluate(less.bytes(), 4, frame)).isEqualTo(Outcome.VALUE);
        assertThat(evaluator.result()).isEqualTo(1);
    }

    @Test
    void registerRulesStartWithTheCfa() {
        assertThat(evaluator.evaluate(
                        ops().u8(DwOp.DW_OP_lit0 + 8, DwOp.DW_OP_minus).bytes(), 8, frame, 0x100))
                .isEqualTo(Outcome.VALUE);
        assertThat(evaluator.result()).isEqualTo(0xf8);
    }

    @Test
    void whatCannotBeHadSaysSo() {
        assertOutcome(ops().u8(DwOp.DW_OP_breg0 + (int) LOST, 0), Outcome.REGISTER_LOST);
        assertOutcome(ops().u8(DwOp.DW_OP_const2u).u16((int) HOLE).u8(DwOp.DW_OP_deref), Outcome.MEMORY_MISSING);
    }

    @Test
    void damagedExpressionsAreMalformed() {
        assertOutcome(ops(), Outcome.MALFORMED);
        assertOutcome(ops().u8(DwOp.DW_OP_plus), Outcome.MALFORMED);
        assertOutcome(ops().u8(DwOp.DW_OP_const4u, 1), Outcome.MALFORMED);
        assertOutcome(binary(1, 0, DwOp.DW_OP_div), Outcome.MALFORMED);
        assertOutcome(binary(1, 0, DwOp.DW_OP_mod), Outcome.MALFORMED);
        assertOutcome(ops().u8(DwOp.DW_OP_lit0, DwOp.DW_OP_pick, 5), Outcome.MALFORMED);
        assertOutcome(ops().u8(0x9c), Outcome.MALFORMED); // DW_OP_call_frame_cfa: not in CFI
        assertOutcome(ops().u8(DwOp.DW_OP_lit0, DwOp.DW_OP_deref_size, 3), Outcome.MALFORMED);
        assertOutcome(ops().u8(DwOp.DW_OP_skip).u16(100), Outcome.MALFORMED);
    }

    @Test
    void anEndlessLoopComesToAnEnd() {
        assertOutcome(ops().u8(DwOp.DW_OP_skip).u16(-3), Outcome.MALFORMED);
        assertOutcome(ops().u8(DwOp.DW_OP_lit0, DwOp.DW_OP_skip).u16(-4), Outcome.MALFORMED);
    }

    private SectionAssembler binary(long left, long right, int operation) {
        return ops().u8(DwOp.DW_OP_consts)
                .sleb(left)
                .u8(DwOp.DW_OP_consts)
                .sleb(right)
                .u8(operation);
    }

    private void assertValue(SectionAssembler expression, long expected) {
        assertOutcome(expression, Outcome.VALUE);
        assertThat(evaluator.result()).isEqualTo(expected);
    }

    private void assertOutcome(SectionAssembler expression, Outcome expected) {
        assertThat(evaluator.evaluate(expression.bytes(), 8, frame)).isEqualTo(expected);
    }

    private static SectionAssembler ops() {
        return new SectionAssembler(ByteOrder.LITTLE_ENDIAN);
    }
}

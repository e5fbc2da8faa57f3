// SPDX-License-Identifier: MIT
package io.dwunw.unwind;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.dwunw.arch.AArch64;
import io.dwunw.arch.Architecture;
import io.dwunw.arch.Mips32;
import io.dwunw.arch.RegisterSet;
import io.dwunw.arch.X86_64;
import io.dwunw.bytes.MalformedDataException;
import io.dwunw.dwarf.CfiSection;
import io.dwunw.dwarf.Fde;
import io.dwunw.dwarf.RowEvaluator;
import io.dwunw.dwarf.UnwindRow;
import io.dwunw.memory.StackSnapshot;
import io.dwunw.testkit.SectionAssembler;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Any bytes as the program of an FDE: its rule is applied to a frame, or refused; nothing is thrown, nothing half done.
 */
final class RuleFuzzTest {
    private static final List<Architecture> ARCHITECTURES =
            List.of(X86_64.ARCHITECTURE, AArch64.ARCHITECTURE, Mips32.ARCHITECTURE);
    private static final long STACK = 0x7000_0000L;
    private static final int STACK_BYTES = 1024;
    private static final long START = 0x1000;
    private static final int PROGRAMS = 20_000;

    private final StackSnapshot stack = new StackSnapshot(STACK, new byte[STACK_BYTES], ByteOrder.LITTLE_ENDIAN);
    private final RuleApplication application = new RuleApplication();

    @FuzzTest(maxDuration = "5m")
    void rule(byte[] data) {
        for (Architecture architecture : ARCHITECTURES) {
            try {
                apply(fde(data, architecture), architecture);
            } catch (MalformedDataException expected) {
                assertThat(expected.getMessage()).isNotEmpty();
            }
        }
    }

    @Test
    void randomPrograms() {
        Random random = new Random(20_261_122);
        int[] opcodes = {
            0x05, 0x07, 0x08, 0x09, 0x0c, 0x0e, 0x0f, 0x10, 0x11, 0x14, 0x15, 0x16, 0x2b, 0x2d, 0x2f, 0x80, 0x90
        };
        for (int i = 0; i < PROGRAMS; i++) {
            byte[] program = new byte[2 + random.nextInt(60)];
            random.nextBytes(program);
            for (int at = 1; at < program.length; at += 2 + random.nextInt(10)) {
                program[at] = (byte) opcodes[random.nextInt(opcodes.length)];
            }
            rule(program);
        }
    }

    private void apply(Fde fde, Architecture architecture) {
        UnwindRow row = new RowEvaluator().find(fde, START + 8);
        UnwindRule rule =
                row == null ? UnwindRule.none(StopReason.NO_CFI) : RuleCompiler.compile(fde, row, architecture, 0);
        if (rule.outcome != StopReason.STEPPED) {
            return;
        }
        RegisterSet registers = RegisterSet.prepare(architecture);
        for (int i = 0; i < Architecture.REGISTER_SLOTS; i++) {
            registers.set(i, STACK + 32L * i);
        }
        registers.pc(START + 8);
        registers.sp(STACK + 128);
        StopReason reason = application.apply(rule, registers, stack, 0);
        if (reason == StopReason.STEPPED) {
            assertThat(registers.pc()).isNotZero();
        } else {
            assertThat(registers.pc()).isEqualTo(START + 8);
            assertThat(registers.sp()).isEqualTo(STACK + 128);
            assertThat(registers.knownMask()).isEqualTo(-1);
        }
    }

    /** The first byte says how offsets are factored; the CFA is the stack pointer until the program has its say. */
    private static Fde fde(byte[] data, Architecture architecture) {
        int word = architecture.wordBytes();
        SectionAssembler section = new SectionAssembler(ByteOrder.LITTLE_ENDIAN);
        section.open()
                .u32(0)
                .u8(1)
                .string("zRS".substring(0, data.length > 0 && data[0] % 5 == 0 ? 3 : 2))
                .uleb(1)
                .sleb(data.length == 0 ? 1 : data[0])
                .u8(architecture.returnAddress())
                .uleb(1)
                .u8(0)
                .u8(0x0c, architecture.stackPointer(), 16)
                .close();
        int offset = section.offset();
        section.open().u32(offset + 4);
        if (word == Long.BYTES) {
            section.u64(START).u64(0x100);
        } else {
            section.u32(START).u32(0x100);
        }
        section.uleb(0);
        for (int i = 1; i < data.length; i++) {
            section.u8(data[i]);
        }
        section.close();
        return new CfiSection(section.bytes(), 0, CfiSection.Format.EH_FRAME, word, 0, 0).fde(offset);
    }
}

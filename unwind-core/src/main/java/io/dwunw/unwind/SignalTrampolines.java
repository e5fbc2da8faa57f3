// SPDX-License-Identifier: MIT
package io.dwunw.unwind;

import io.dwunw.arch.AArch64;
import io.dwunw.arch.Architecture;
import io.dwunw.arch.Mips32;
import io.dwunw.bytes.Bytes;
import io.dwunw.memory.StackMemory;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The code that signal handlers return to, where Linux gives it no CFI: its two instructions are known, and so is what
 * it finds on the stack ({@code arch/arm64/kernel/signal.c}; {@code arch/mips/kernel/signal.c} and {@code
 * sigcontext.h}, o32).
 *
 * <pre>
 * aarch64: siginfo 0, ucontext 128 (x0..x30 at 184 of it, then sp, pc)
 * mips rt: arguments 0, siginfo 24, ucontext 152 (sigcontext at 24 of it);   mips: arguments 0, sigcontext 24
 *          sigcontext: regmask 0, status 4, pc 8, r0..r31 16 (64 bits each, in the machine's byte order)
 * </pre>
 */
final class SignalTrampolines {
    /** Bytes of code that tell a trampoline. */
    static final int CODE_BYTES = 8;

    /** No register: the pc itself is what the trampoline restores. */
    private static final int NO_COLUMN = Architecture.REGISTER_SLOTS;

    private static final int MIPS_SYSCALL = 0x0000_000c;
    private static final int SIGCONTEXT_PC = 8;
    private static final int SIGCONTEXT_REGISTERS = 16;

    private record Trampoline(Architecture architecture, long code, UnwindRule rule) {}

    private static final List<Trampoline> KNOWN = List.of(
            // mov x8, #__NR_rt_sigreturn; svc #0 (instructions are little-endian whatever the data are)
            new Trampoline(AArch64.ARCHITECTURE, little(0xd280_1168, 0xd400_0001), aarch64(128 + 184)),
            // li v0, __NR_rt_sigreturn; syscall, and the same with __NR_sigreturn
            new Trampoline(Mips32.ARCHITECTURE, little(0x2402_1061, MIPS_SYSCALL), mips(152 + 24, 0)),
            new Trampoline(Mips32.ARCHITECTURE, big(0x2402_1061, MIPS_SYSCALL), mips(152 + 24, Integer.BYTES)),
            new Trampoline(Mips32.ARCHITECTURE, little(0x2402_1017, MIPS_SYSCALL), mips(24, 0)),
            new Trampoline(Mips32.ARCHITECTURE, big(0x2402_1017, MIPS_SYSCALL), mips(24, Integer.BYTES)));

    private SignalTrampolines() {}

    /** The rule of the trampoline that begins at {@code pc}, or null if none does or its code is not at hand. */
    static @Nullable UnwindRule in(StackMemory memory, long pc, Architecture architecture) {
        if (!memory.contains(pc, CODE_BYTES)) {
            return null;
        }
        long code = 0;
        for (int i = 0; i < CODE_BYTES; i++) {
            code = code << Byte.SIZE | memory.unsigned(pc + i, 1);
        }
        return find(architecture, code);
    }

    /** Recognises a trampoline by code in a file or an image of one. */
    static @Nullable UnwindRule in(@Nullable Bytes bytes, Architecture architecture) {
        if (bytes == null || !bytes.contains(0, CODE_BYTES)) {
            return null;
        }
        long code = 0;
        for (int i = 0; i < CODE_BYTES; i++) {
            code = code << Byte.SIZE | bytes.u8(i);
        }
        return find(architecture, code);
    }

    /** Hot: allocates nothing. */
    @SuppressWarnings("ReferenceEquality") // architectures are constants
    private static @Nullable UnwindRule find(Architecture architecture, long code) {
        for (int i = 0; i < KNOWN.size(); i++) {
            Trampoline trampoline = KNOWN.get(i);
            if (trampoline.code == code && trampoline.architecture == architecture) {
                return trampoline.rule;
            }
        }
        return null;
    }

    private static UnwindRule aarch64(int registers) {
        int[] saved = new int[AArch64.SP + 1];
        long[] offsets = new long[saved.length];
        for (int i = 0; i < saved.length; i++) {
            saved[i] = i;
            offsets[i] = registers + (long) i * Long.BYTES;
        }
        return rule(AArch64.SP, saved, offsets, registers + (long) saved.length * Long.BYTES, registers, Long.BYTES);
    }

    private static UnwindRule mips(int sigcontext, int lowWord) {
        int[] saved = new int[Mips32.RA];
        long[] offsets = new long[saved.length];
        for (int i = 0; i < saved.length; i++) {
            saved[i] = i + 1; // register 0 is always zero
            offsets[i] = sigcontext + SIGCONTEXT_REGISTERS + saved[i] * (long) Long.BYTES + lowWord;
        }
        long pc = (long) sigcontext + SIGCONTEXT_PC + lowWord;
        return rule(Mips32.SP, saved, offsets, pc, pc, Integer.BYTES);
    }

    private static UnwindRule rule(
            int stackPointer, int[] saved, long[] offsets, long pcOffset, long lowest, int wordBytes) {
        UnwindRule.Builder rule = new UnwindRule.Builder();
        rule.cfaRegister = stackPointer;
        rule.returnAddress = UnwindRule.ReturnAddress.SAVED;
        rule.returnAddressColumn = NO_COLUMN;
        rule.returnAddressOffset = pcOffset;
        rule.savedRegisters = saved;
        rule.savedOffsets = offsets;
        rule.savedCount = saved.length;
        rule.lowestOffset = lowest;
        rule.extent = (int) (Math.max(pcOffset, offsets[saved.length - 1]) + wordBytes - lowest);
        rule.kept = -1;
        rule.signalFrame = true;
        return rule.build();
    }

    private static long little(int first, int second) {
        return big(Integer.reverseBytes(first), Integer.reverseBytes(second));
    }

    private static long big(int first, int second) {
        return (long) first << Integer.SIZE | Integer.toUnsignedLong(second);
    }
}

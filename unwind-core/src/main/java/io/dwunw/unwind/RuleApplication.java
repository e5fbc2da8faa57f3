// SPDX-License-Identifier: MIT
package io.dwunw.unwind;

import io.dwunw.arch.Architecture;
import io.dwunw.arch.RegisterSet;
import io.dwunw.bytes.Bytes;
import io.dwunw.dwarf.ExpressionEvaluator;
import io.dwunw.dwarf.RegisterRule;
import io.dwunw.memory.StackMemory;

/** Applies an unwind rule to a frame. Hot: allocates nothing. Reads everything before it changes anything. */
final class RuleApplication {
    private static final long NARROW = 0xffff_ffffL;

    private final ExpressionEvaluator expressions = new ExpressionEvaluator();
    private final FrameState frame = new FrameState();
    private final long[] otherValues = new long[Architecture.REGISTER_SLOTS + 1];
    /** Bit <i>n</i> set: the value of the <i>n</i>th of the others is unknown. */
    private long lostOthers;

    private long value;
    private long cfa;

    /** The CFA of the frame that the last successful step left. */
    long cfa() {
        return cfa;
    }

    StopReason apply(UnwindRule rule, RegisterSet registers, StackMemory stack, long signatureMask) {
        Architecture architecture = registers.architecture();
        int word = architecture.wordBytes();
        StopReason found = cfa(rule, registers, stack, word);
        if (found != StopReason.STEPPED) {
            return found;
        }
        long newCfa = value;
        if (rule.returnAddress == UnwindRule.ReturnAddress.UNDEFINED) {
            return StopReason.END_OF_STACK;
        }
        boolean whole = rule.extent == 0 || stack.contains(address(newCfa + rule.lowestOffset, word), rule.extent);
        if (!whole && !isRestPopped(rule, registers, stack, newCfa, word)) {
            return StopReason.STACK_CUT;
        }
        found = returnAddress(rule, registers, stack, newCfa, word);
        if (found != StopReason.STEPPED) {
            return found;
        }
        long newPc = rule.returnAddressSigned ? value & ~signatureMask : value;
        if (newPc == 0) {
            return StopReason.END_OF_STACK;
        }
        if (rule.returnAddress == UnwindRule.ReturnAddress.IN_LINK_REGISTER && newPc == registers.pc()) {
            // A call has overwritten the link register, and the row does not know it (code that does not return).
            return StopReason.LOST_REGISTER;
        }
        found = others(rule, registers, stack, newCfa, word);
        if (found != StopReason.STEPPED) {
            return found;
        }
        long newSp = stackPointer(rule, architecture.stackPointer(), newCfa, stack, word);
        if (!isProgress(rule, registers, newSp, newPc)) {
            return StopReason.NO_PROGRESS;
        }
        commit(rule, registers, stack, newCfa, word, whole);
        registers.sp(newSp);
        registers.pc(newPc);
        if (architecture.hasLinkRegister() && rule.returnAddressColumn < Architecture.REGISTER_SLOTS) {
            registers.set(rule.returnAddressColumn, newPc);
        }
        cfa = newCfa;
        return StopReason.STEPPED;
    }

    /**
     * In an epilogue, rows still say that a register is saved where it was popped from, below the stack pointer, and a
     * stack that was copied from there on lacks that word. The register has its value back already.
     */
    private static boolean isRestPopped(
            UnwindRule rule, RegisterSet registers, StackMemory stack, long newCfa, int word) {
        boolean saved = rule.returnAddress == UnwindRule.ReturnAddress.SAVED;
        if (rule.signalFrame || (saved && !stack.contains(newCfa + rule.returnAddressOffset, word))) {
            return false;
        }
        for (int i = 0; i < rule.savedRegisters.length; i++) {
            long avma = newCfa + rule.savedOffsets[i];
            boolean popped = Long.compareUnsigned(avma, registers.sp()) < 0
                    && rule.savedRegisters[i] != registers.architecture().stackPointer();
            if (!popped && !stack.contains(avma, word)) {
                return false;
            }
        }
        return true;
    }

    private StopReason cfa(UnwindRule rule, RegisterSet registers, StackMemory stack, int word) {
        Bytes expression = rule.cfaExpression;
        if (expression != null) {
            return reason(expressions.evaluate(expression, word, frame.of(registers, stack, rule.loadBias)));
        }
        if (!registers.known(rule.cfaRegister)) {
            return StopReason.LOST_REGISTER;
        }
        value = address(registers.get(rule.cfaRegister) + rule.cfaOffset, word);
        return StopReason.STEPPED;
    }

    private StopReason returnAddress(UnwindRule rule, RegisterSet registers, StackMemory stack, long newCfa, int word) {
        UnwindRule.Other other = rule.returnAddressOther;
        if (rule.returnAddress == UnwindRule.ReturnAddress.SAVED) {
            value = read(stack, newCfa + rule.returnAddressOffset, word);
            return StopReason.STEPPED;
        }
        if (other != null) {
            return other(other, rule, registers, stack, newCfa, word);
        }
        if (!registers.known(rule.returnAddressColumn)) {
            return StopReason.LOST_REGISTER;
        }
        value = registers.get(rule.returnAddressColumn);
        return StopReason.STEPPED;
    }

    private StopReason others(UnwindRule rule, RegisterSet registers, StackMemory stack, long newCfa, int word) {
        int stackPointer = registers.architecture().stackPointer();
        lostOthers = 0;
        for (int i = 0; i < rule.others.size(); i++) {
            UnwindRule.Other other = rule.others.get(i);
            StopReason found = other(other, rule, registers, stack, newCfa, word);
            if (found == StopReason.LOST_REGISTER && other.register() != stackPointer) {
                lostOthers |= 1L << i; // the walk can go on without it
            } else if (found != StopReason.STEPPED) {
                return found;
            }
            otherValues[i] = value;
        }
        return StopReason.STEPPED;
    }

    private StopReason other(
            UnwindRule.Other other, UnwindRule rule, RegisterSet registers, StackMemory stack, long newCfa, int word) {
        Bytes expression = other.expression();
        if (expression != null) {
            frame.of(registers, stack, rule.loadBias);
            StopReason found = reason(expressions.evaluate(expression, word, frame, newCfa));
            boolean isAddress = other.rule() == RegisterRule.EXPRESSION;
            return found == StopReason.STEPPED && isAddress ? load(stack, value, word) : found;
        }
        switch (other.rule()) {
            case REGISTER -> {
                int source = (int) other.operand();
                value = registers.get(source);
                return registers.known(source) ? StopReason.STEPPED : StopReason.LOST_REGISTER;
            }
            case VAL_OFFSET -> {
                value = address(newCfa + other.operand(), word);
                return StopReason.STEPPED;
            }
            case OFFSET -> {
                return load(stack, address(newCfa + other.operand(), word), word);
            }
            default -> {
                return StopReason.BAD_CFI;
            }
        }
    }

    private StopReason load(StackMemory stack, long avma, int word) {
        if (!stack.contains(avma, word)) {
            return StopReason.STACK_CUT;
        }
        value = read(stack, avma, word);
        return StopReason.STEPPED;
    }

    /** The CFA, unless the row says otherwise, as rows of signal frames do. */
    private long stackPointer(UnwindRule rule, int stackPointer, long newCfa, StackMemory stack, int word) {
        for (int i = 0; i < rule.others.size(); i++) {
            if (rule.others.get(i).register() == stackPointer) {
                return otherValues[i];
            }
        }
        for (int i = 0; i < rule.savedRegisters.length; i++) {
            if (rule.savedRegisters[i] == stackPointer) {
                return read(stack, newCfa + rule.savedOffsets[i], word);
            }
        }
        return newCfa;
    }

    /**
     * Stacks grow downwards, so a caller's frame lies higher; only a leaf with its return address in a register may
     * leave the stack pointer as it is. Signal handlers may run on a stack of their own, anywhere.
     */
    private static boolean isProgress(UnwindRule rule, RegisterSet registers, long newSp, long newPc) {
        int direction = Long.compareUnsigned(newSp, registers.sp());
        boolean elsewhere = newPc != registers.pc();
        if (rule.signalFrame) {
            return direction != 0 || elsewhere;
        }
        return direction > 0
                || (direction == 0 && elsewhere && registers.architecture().hasLinkRegister());
    }

    private void commit(
            UnwindRule rule, RegisterSet registers, StackMemory stack, long newCfa, int word, boolean whole) {
        registers.retain(rule.kept);
        int[] saved = rule.savedRegisters;
        long[] offsets = rule.savedOffsets;
        for (int i = 0; i < saved.length; i++) {
            if (whole || stack.contains(newCfa + offsets[i], word)) {
                registers.set(saved[i], read(stack, newCfa + offsets[i], word));
            }
        }
        for (int i = 0; i < rule.others.size(); i++) {
            registers.set(rule.others.get(i).register(), otherValues[i]);
            if ((lostOthers >>> i & 1) != 0) {
                registers.forget(rule.others.get(i).register());
            }
        }
    }

    private static long read(StackMemory stack, long avma, int word) {
        return word == Long.BYTES ? stack.word(avma) : stack.unsigned(address(avma, word), word);
    }

    private static long address(long avma, int word) {
        return word == Long.BYTES ? avma : avma & NARROW;
    }

    private StopReason reason(ExpressionEvaluator.Outcome outcome) {
        value = expressions.result();
        return switch (outcome) {
            case VALUE -> StopReason.STEPPED;
            case MEMORY_MISSING -> StopReason.STACK_CUT;
            case REGISTER_LOST -> StopReason.LOST_REGISTER;
            case MALFORMED -> StopReason.BAD_CFI;
        };
    }
}

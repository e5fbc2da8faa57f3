// SPDX-License-Identifier: MIT
package io.dwunw.dwarf;

import io.dwunw.bytes.ByteCursor;
import io.dwunw.bytes.Bytes;
import io.dwunw.bytes.MalformedDataException;

/**
 * Computes DWARF expressions as they appear in CFI (DWARF 5 §2.5, §6.4.2): a stack machine of address-sized values.
 * Reusable; evaluation allocates nothing unless the expression is damaged. Not thread-safe.
 */
public final class ExpressionEvaluator {
    /** Outcome of an evaluation. */
    public enum Outcome {
        VALUE,
        /** It wanted to read memory that is not at hand. */
        MEMORY_MISSING,
        /** It wanted a register whose value is lost. */
        REGISTER_LOST,
        /** It is no valid expression, or does not come to an end. */
        MALFORMED
    }

    private final ByteCursor at = new ByteCursor(Bytes.empty());
    private final long[] stack = new long[CfiLimits.MAX_EXPRESSION_STACK];
    private int depth;
    private int wordBytes;
    private long result;

    /** The value after an outcome of {@link Outcome#VALUE}. */
    public long result() {
        return result;
    }

    /** Evaluates with an empty stack, as {@code DW_CFA_def_cfa_expression} wants it. */
    public Outcome evaluate(Bytes expression, int wordBytes, ExpressionContext context) {
        depth = 0;
        return run(expression, wordBytes, context);
    }

    /** Evaluates with the CFA on the stack, as the register rules want it. */
    public Outcome evaluate(Bytes expression, int wordBytes, ExpressionContext context, long cfa) {
        stack[0] = cfa;
        depth = 1;
        return run(expression, wordBytes, context);
    }

    private Outcome run(Bytes expression, int word, ExpressionContext context) {
        wordBytes = word;
        try {
            at.reset(expression, 0, expression.size());
            for (int steps = 0; at.hasRemaining(); steps++) {
                if (steps == CfiLimits.MAX_EXPRESSION_STEPS) {
                    return Outcome.MALFORMED;
                }
                Outcome outcome = operation(at.u8(), context);
                if (outcome != Outcome.VALUE) {
                    return outcome;
                }
            }
            result = pop();
            return Outcome.VALUE;
        } catch (MalformedDataException damaged) {
            return Outcome.MALFORMED;
        }
    }

    private Outcome operation(int opcode, ExpressionContext context) {
        if (opcode >= DwOp.DW_OP_lit0 && opcode <= DwOp.DW_OP_lit31) {
            push(opcode - DwOp.DW_OP_lit0);
            return Outcome.VALUE;
        }
        if (opcode >= DwOp.DW_OP_breg0 && opcode <= DwOp.DW_OP_breg31) {
            return pushRegister(opcode - DwOp.DW_OP_breg0, context);
        }
        return switch (opcode) {
            case DwOp.DW_OP_bregx -> pushRegister(at.uleb128(), context);
            case DwOp.DW_OP_deref -> dereference(wordBytes, context);
            case DwOp.DW_OP_deref_size -> dereference(at.u8(), context);
            case DwOp.DW_OP_addr -> {
                push(at.word(wordBytes) + context.loadBias());
                yield Outcome.VALUE;
            }
            default -> {
                pureOperation(opcode);
                yield Outcome.VALUE;
            }
        };
    }

    /** Operations that need nothing but the expression's own stack. */
    private void pureOperation(int opcode) {
        if (opcode >= DwOp.DW_OP_const1u && opcode <= DwOp.DW_OP_consts) {
            push(constant(opcode));
        } else if (opcode >= DwOp.DW_OP_dup && opcode <= DwOp.DW_OP_rot) {
            shuffle(opcode);
        } else {
            compute(opcode);
        }
    }

    private Outcome pushRegister(long register, ExpressionContext context) {
        long offset = at.sleb128();
        if (register < 0 || register >= CfiLimits.MAX_REGISTERS || !context.hasRegister((int) register)) {
            return Outcome.REGISTER_LOST;
        }
        push(context.register((int) register) + offset);
        return Outcome.VALUE;
    }

    private Outcome dereference(int bytes, ExpressionContext context) {
        if (bytes > wordBytes || (bytes != 1 && bytes != 2 && bytes != 4 && bytes != 8)) {
            return Outcome.MALFORMED;
        }
        long address = pop();
        if (!context.canRead(address, bytes)) {
            return Outcome.MEMORY_MISSING;
        }
        push(context.read(address, bytes));
        return Outcome.VALUE;
    }

    private long constant(int opcode) {
        return switch (opcode) {
            case DwOp.DW_OP_const1u -> at.u8();
            case DwOp.DW_OP_const1s -> at.s8();
            case DwOp.DW_OP_const2u -> at.u16();
            case DwOp.DW_OP_const2s -> at.s16();
            case DwOp.DW_OP_const4u -> at.u32();
            case DwOp.DW_OP_const4s -> at.s32();
            case DwOp.DW_OP_constu -> at.uleb128();
            case DwOp.DW_OP_consts -> at.sleb128();
            default -> at.u64();
        };
    }

    private void shuffle(int opcode) {
        switch (opcode) {
            case DwOp.DW_OP_dup -> push(peek(0));
            case DwOp.DW_OP_drop -> pop();
            case DwOp.DW_OP_over -> push(peek(1));
            case DwOp.DW_OP_pick -> push(peek(at.u8()));
            case DwOp.DW_OP_swap -> {
                long top = pop();
                long second = pop();
                push(top);
                push(second);
            }
            default -> { // DW_OP_rot: the top entry goes below the next two
                long top = pop();
                long second = pop();
                long third = pop();
                push(top);
                push(third);
                push(second);
            }
        }
    }

    private void compute(int opcode) {
        switch (opcode) {
            case DwOp.DW_OP_nop -> {}
            case DwOp.DW_OP_abs -> push(Math.abs(signed(pop())));
            case DwOp.DW_OP_neg -> push(-pop());
            case DwOp.DW_OP_not -> push(~pop());
            case DwOp.DW_OP_plus_uconst -> push(pop() + at.uleb128());
            case DwOp.DW_OP_skip -> jump(at.s16());
            case DwOp.DW_OP_bra -> {
                int distance = at.s16();
                if (pop() != 0) {
                    jump(distance);
                }
            }
            default -> {
                long right = pop();
                long left = pop();
                push(binary(opcode, left, right));
            }
        }
    }

    private long binary(int opcode, long left, long right) {
        return switch (opcode) {
            case DwOp.DW_OP_and -> left & right;
            case DwOp.DW_OP_or -> left | right;
            case DwOp.DW_OP_xor -> left ^ right;
            case DwOp.DW_OP_plus -> left + right;
            case DwOp.DW_OP_minus -> left - right;
            case DwOp.DW_OP_mul -> left * right;
            case DwOp.DW_OP_div -> signed(left) / divisor(signed(right));
            case DwOp.DW_OP_mod -> Long.remainderUnsigned(left, divisor(right));
            case DwOp.DW_OP_shl -> isWide(right) ? 0 : left << right;
            case DwOp.DW_OP_shr -> isWide(right) ? 0 : left >>> right;
            case DwOp.DW_OP_shra -> signed(left) >> (isWide(right) ? Long.SIZE - 1 : right);
            case DwOp.DW_OP_eq -> truth(left == right);
            case DwOp.DW_OP_ne -> truth(left != right);
            case DwOp.DW_OP_ge -> truth(signed(left) >= signed(right));
            case DwOp.DW_OP_gt -> truth(signed(left) > signed(right));
            case DwOp.DW_OP_le -> truth(signed(left) <= signed(right));
            case DwOp.DW_OP_lt -> truth(signed(left) < signed(right));
            default -> throw new MalformedDataException("operation not allowed in CFI", opcode);
        };
    }

    private static long truth(boolean condition) {
        return condition ? 1 : 0;
    }

    private boolean isWide(long shift) {
        return Long.compareUnsigned(shift, (long) wordBytes * Byte.SIZE) >= 0;
    }

    private long divisor(long value) {
        if (value == 0) {
            throw new MalformedDataException("division by zero", at.position());
        }
        return value;
    }

    private void jump(int distance) {
        at.position(at.position() + distance);
    }

    /** Values are kept zero-extended; arithmetic that has a sign needs it back. */
    private long signed(long value) {
        return wordBytes == 4 ? (int) value : value;
    }

    private void push(long value) {
        if (depth == stack.length) {
            throw new MalformedDataException("expression stack overflows", at.position());
        }
        stack[depth++] = wordBytes == 4 ? value & 0xffff_ffffL : value;
    }

    private long pop() {
        if (depth == 0) {
            throw new MalformedDataException("expression stack is empty", at.position());
        }
        return stack[--depth];
    }

    private long peek(int below) {
        if (below >= depth) {
            throw new MalformedDataException("expression stack is too shallow", at.position());
        }
        return stack[depth - 1 - below];
    }
}

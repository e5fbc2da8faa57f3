// SPDX-License-Identifier: MIT
package io.dwunw.testkit.rows;

import io.dwunw.bytes.ByteCursor;
import io.dwunw.bytes.Bytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Writes an expression as llvm-dwarfdump does, for the operations that compilers put into CFI. */
final class ExpressionText {
    private static final Map<Integer, String> BARE = Map.ofEntries(
            Map.entry(0x06, "DW_OP_deref"),
            Map.entry(0x12, "DW_OP_dup"),
            Map.entry(0x13, "DW_OP_drop"),
            Map.entry(0x14, "DW_OP_over"),
            Map.entry(0x16, "DW_OP_swap"),
            Map.entry(0x17, "DW_OP_rot"),
            Map.entry(0x19, "DW_OP_abs"),
            Map.entry(0x1a, "DW_OP_and"),
            Map.entry(0x1b, "DW_OP_div"),
            Map.entry(0x1c, "DW_OP_minus"),
            Map.entry(0x1d, "DW_OP_mod"),
            Map.entry(0x1e, "DW_OP_mul"),
            Map.entry(0x1f, "DW_OP_neg"),
            Map.entry(0x20, "DW_OP_not"),
            Map.entry(0x21, "DW_OP_or"),
            Map.entry(0x22, "DW_OP_plus"),
            Map.entry(0x24, "DW_OP_shl"),
            Map.entry(0x25, "DW_OP_shr"),
            Map.entry(0x26, "DW_OP_shra"),
            Map.entry(0x27, "DW_OP_xor"),
            Map.entry(0x29, "DW_OP_eq"),
            Map.entry(0x2a, "DW_OP_ge"),
            Map.entry(0x2b, "DW_OP_gt"),
            Map.entry(0x2c, "DW_OP_le"),
            Map.entry(0x2d, "DW_OP_lt"),
            Map.entry(0x2e, "DW_OP_ne"));

    private final List<String> registers;

    ExpressionText(List<String> registers) {
        this.registers = registers;
    }

    /** The text of the block (length, then operations) at an offset. */
    String of(Bytes section, long blockOffset) {
        ByteCursor at = section.cursor();
        at.position(blockOffset);
        long length = at.uleb128();
        at.reset(section, at.position(), at.position() + length);
        List<String> operations = new ArrayList<>();
        while (at.hasRemaining()) {
            operations.add(operation(at.u8(), at));
        }
        return String.join(", ", operations);
    }

    private String operation(int opcode, ByteCursor at) {
        if (opcode >= 0x30 && opcode <= 0x4f) {
            return "DW_OP_lit" + (opcode - 0x30);
        }
        if (opcode >= 0x70 && opcode <= 0x8f) {
            int register = opcode - 0x70;
            String name = register < registers.size() ? registers.get(register).toUpperCase(Locale.ROOT) : "?";
            return String.format("DW_OP_breg%d %s%+d", register, name, at.sleb128());
        }
        String bare = BARE.get(opcode);
        return bare != null ? bare : withOperand(opcode, at);
    }

    private static String withOperand(int opcode, ByteCursor at) {
        return switch (opcode) {
            case 0x08 -> String.format("DW_OP_const1u 0x%x", at.u8());
            case 0x09 -> String.format("DW_OP_const1s %+d", at.s8());
            case 0x0a -> String.format("DW_OP_const2u 0x%x", at.u16());
            case 0x0b -> String.format("DW_OP_const2s %+d", at.s16());
            case 0x0c -> String.format("DW_OP_const4u 0x%x", at.u32());
            case 0x0d -> String.format("DW_OP_const4s %+d", at.s32());
            case 0x10 -> String.format("DW_OP_constu 0x%x", at.uleb128());
            case 0x11 -> String.format("DW_OP_consts %+d", at.sleb128());
            case 0x23 -> String.format("DW_OP_plus_uconst 0x%x", at.uleb128());
            default -> throw new IllegalArgumentException("no text for operation " + opcode);
        };
    }
}

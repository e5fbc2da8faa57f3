// SPDX-License-Identifier: MIT
package io.dwunw.dwarf;

import io.dwunw.bytes.ByteCursor;
import io.dwunw.bytes.Bytes;
import io.dwunw.bytes.MalformedDataException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Runs the programs of a CIE and an FDE and shows their rows one after the other (DWARF 5 §6.4.2). An unknown
 * instruction fails the whole row: skipping it could only yield wrong callers. Reusable; not thread-safe.
 */
public final class RowEvaluator {
    private static final int OPERAND_MASK = 0x3f;

    private final ByteCursor at = new ByteCursor(Bytes.empty());
    private final UnwindRow row = new UnwindRow();
    private final UnwindRow initial = new UnwindRow();
    private final List<UnwindRow> remembered = new ArrayList<>();
    private int depth;
    private @Nullable Fde fde;
    private boolean inCie;
    private boolean finished;
    private long startSvma;
    private long nextSvma;

    /**
     * Goes to before the first row of {@code fde}.
     *
     * @throws MalformedDataException if the CIE's program is damaged
     */
    public void start(Fde fde) {
        Cie cie = fde.cie();
        if (Math.max(cie.end() - cie.instructions(), fde.end() - fde.instructions()) > CfiLimits.MAX_PROGRAM_BYTES) {
            throw new MalformedDataException("CFI program is too long", fde.offset());
        }
        this.fde = fde;
        row.clear();
        initial.clear();
        depth = 0;
        finished = false;
        startSvma = fde.startSvma();
        nextSvma = startSvma;
        at.reset(fde.section().bytes(), cie.instructions(), cie.end());
        inCie = true;
        while (at.hasRemaining()) {
            if (execute(fde)) {
                throw new MalformedDataException("a CIE must not advance", at.position());
            }
        }
        inCie = false;
        initial.copyFrom(row);
        at.reset(fde.section().bytes(), fde.instructions(), fde.end());
    }

    /**
     * Goes to the next row; each advance of the location ends one, even by nothing.
     *
     * @return false behind the last row
     * @throws MalformedDataException if the FDE's program is damaged
     */
    public boolean next() {
        Fde current = fde;
        if (current == null || finished) {
            return false;
        }
        startSvma = nextSvma;
        while (at.hasRemaining()) {
            if (execute(current)) {
                return true;
            }
        }
        finished = true;
        nextSvma = current.startSvma() + current.bytes();
        return true;
    }

    /**
     * The row that covers an address.
     *
     * @return null if the FDE's rows leave it out
     * @throws MalformedDataException if the program is damaged before that row's end
     */
    public @Nullable UnwindRow find(Fde fde, long svma) {
        start(fde);
        long offset = svma - fde.startSvma();
        while (next()) {
            if (Long.compareUnsigned(offset, nextSvma - fde.startSvma()) < 0
                    && Long.compareUnsigned(offset, startSvma - fde.startSvma()) >= 0) {
                return row;
            }
        }
        return null;
    }

    /** The current row; changes with the next call. */
    public UnwindRow row() {
        return row;
    }

    /** First address of the current row. */
    public long startSvma() {
        return startSvma;
    }

    /** Address behind the current row. */
    public long endSvma() {
        return nextSvma;
    }

    /** Executes one instruction; true if it advanced the location. */
    private boolean execute(Fde current) {
        long here = at.position();
        int opcode = at.u8();
        int operand = opcode & OPERAND_MASK;
        Cie cie = current.cie();
        return switch (opcode & ~OPERAND_MASK) {
            case DwCfa.DW_CFA_advance_loc -> advance(operand, cie);
            case DwCfa.DW_CFA_offset -> {
                row.rule(operand, RegisterRule.OFFSET, at.uleb128() * cie.dataAlign());
                yield false;
            }
            case DwCfa.DW_CFA_restore -> {
                restore(operand, here);
                yield false;
            }
            default -> executeExtended(opcode, here, current);
        };
    }

    /** Instructions without an operand in the opcode. */
    private boolean executeExtended(int opcode, long here, Fde current) {
        Cie cie = current.cie();
        return switch (opcode) {
            case DwCfa.DW_CFA_set_loc -> setLocation(current.section().pointer(at, cie));
            case DwCfa.DW_CFA_advance_loc1 -> advance(at.u8(), cie);
            case DwCfa.DW_CFA_advance_loc2 -> advance(at.u16(), cie);
            case DwCfa.DW_CFA_advance_loc4 -> advance(at.u32(), cie);
            case DwCfa.DW_CFA_MIPS_advance_loc8 -> advance(at.u64(), cie);
            default -> {
                executeRule(opcode, here, cie);
                yield false;
            }
        };
    }

    /** Instructions that change rules, not the location. */
    private void executeRule(int opcode, long here, Cie cie) {
        switch (opcode) {
            case DwCfa.DW_CFA_nop -> {}
            case DwCfa.DW_CFA_def_cfa -> defineCfa(register(), at.uleb128());
            case DwCfa.DW_CFA_def_cfa_sf -> defineCfa(register(), at.sleb128() * cie.dataAlign());
            case DwCfa.DW_CFA_def_cfa_register -> row.cfaRegister(register());
            case DwCfa.DW_CFA_def_cfa_offset -> row.cfaOffset(at.uleb128());
            case DwCfa.DW_CFA_def_cfa_offset_sf -> row.cfaOffset(at.sleb128() * cie.dataAlign());
            case DwCfa.DW_CFA_def_cfa_expression -> row.cfaExpression(block());
            case DwCfa.DW_CFA_undefined -> row.rule(register(), RegisterRule.UNDEFINED, 0);
            case DwCfa.DW_CFA_same_value -> row.rule(register(), RegisterRule.SAME_VALUE, 0);
            case DwCfa.DW_CFA_offset_extended ->
                row.rule(register(), RegisterRule.OFFSET, at.uleb128() * cie.dataAlign());
            case DwCfa.DW_CFA_offset_extended_sf ->
                row.rule(register(), RegisterRule.OFFSET, at.sleb128() * cie.dataAlign());
            case DwCfa.DW_CFA_GNU_negative_offset_extended ->
                row.rule(register(), RegisterRule.OFFSET, -at.uleb128() * cie.dataAlign());
            case DwCfa.DW_CFA_val_offset ->
                row.rule(register(), RegisterRule.VAL_OFFSET, at.uleb128() * cie.dataAlign());
            case DwCfa.DW_CFA_val_offset_sf ->
                row.rule(register(), RegisterRule.VAL_OFFSET, at.sleb128() * cie.dataAlign());
            case DwCfa.DW_CFA_register -> row.rule(register(), RegisterRule.REGISTER, register());
            case DwCfa.DW_CFA_expression -> row.rule(register(), RegisterRule.EXPRESSION, block());
            case DwCfa.DW_CFA_val_expression -> row.rule(register(), RegisterRule.VAL_EXPRESSION, block());
            case DwCfa.DW_CFA_restore_extended -> restore(register(), here);
            case DwCfa.DW_CFA_remember_state -> remember(here);
            case DwCfa.DW_CFA_restore_state -> restoreState(here);
            case DwCfa.DW_CFA_AARCH64_set_ra_state -> setReturnAddressState(here);
            case DwCfa.DW_CFA_AARCH64_nehooks_ra_state -> row.toggleReturnAddressSigned(false);
            case DwCfa.DW_CFA_AARCH64_nehooks_ra_state_with_pc -> row.toggleReturnAddressSigned(true);
            case DwCfa.DW_CFA_GNU_args_size -> at.uleb128(); // matters to exception landing pads only
            default -> throw new MalformedDataException("unknown call frame instruction", here);
        }
    }

    private boolean advance(long delta, Cie cie) {
        nextSvma += delta * cie.codeAlign();
        return true;
    }

    private boolean setLocation(long svma) {
        nextSvma = svma;
        return true;
    }

    private int register() {
        long register = at.uleb128();
        if (register < 0 || register >= CfiLimits.MAX_REGISTERS) {
            throw new MalformedDataException("register number out of range", register);
        }
        return (int) register;
    }

    /** Skips a block and yields where it stands. */
    private long block() {
        long start = at.position();
        at.skip(at.uleb128());
        return start;
    }

    /** The state, then where the signing instruction is, which matters to authentication only. */
    private void setReturnAddressState(long here) {
        long state = at.uleb128();
        at.sleb128();
        if (state < UnwindRow.RA_NOT_SIGNED || state > UnwindRow.RA_SIGNED_SP_PC) {
            throw new MalformedDataException("unknown state of the return address", here);
        }
        row.returnAddressState((int) state);
    }

    private void defineCfa(int register, long offset) {
        row.cfaRegister(register);
        row.cfaOffset(offset);
    }

    private void restore(int register, long here) {
        if (inCie) {
            throw new MalformedDataException("a CIE has nothing to restore", here);
        }
        row.restoreRule(register, initial);
    }

    private void remember(long here) {
        if (depth == CfiLimits.MAX_REMEMBERED_STATES) {
            throw new MalformedDataException("too many remembered states", here);
        }
        if (depth == remembered.size()) {
            remembered.add(new UnwindRow());
        }
        remembered.get(depth++).copyFrom(row);
    }

    private void restoreState(long here) {
        if (depth == 0) {
            throw new MalformedDataException("no state was remembered", here);
        }
        row.copyFrom(remembered.get(--depth));
    }
}

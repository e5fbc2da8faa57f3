// SPDX-License-Identifier: MIT
package io.dwunw.arch;

import java.util.List;

/**
 * One processor architecture with its procedure-call standard, in DWARF register numbering.
 *
 * @param name lower-case name, unique in the registry
 * @param elfMachine {@code e_machine} of its ELF files
 * @param wordBytes size of an address and of a saved general register, 4 or 8
 * @param stackPointer DWARF number of the stack pointer
 * @param framePointer DWARF number of the conventional frame pointer
 * @param returnAddress DWARF number of the return-address column that its compilers use
 * @param calleeSaved bit <i>n</i> set: a call preserves DWARF register <i>n</i> (the stack pointer not counted)
 * @param frameRecord how code that keeps frame pointers lays out a frame
 * @param registerNames name by DWARF number
 */
public record Architecture(
        String name,
        int elfMachine,
        int wordBytes,
        int stackPointer,
        int framePointer,
        int returnAddress,
        int calleeSaved,
        FrameRecord frameRecord,
        List<String> registerNames) {

    /** Registers that a register set holds, on every architecture. */
    public static final int REGISTER_SLOTS = 32;

    public Architecture {
        registerNames = List.copyOf(registerNames);
    }

    /** Whether a call preserves this register. */
    public boolean isCalleeSaved(int dwarfRegister) {
        return (calleeSaved >>> dwarfRegister & 1) != 0;
    }

    /** Whether register sets have a slot for this DWARF register. */
    public boolean hasSlot(int dwarfRegister) {
        return dwarfRegister >= 0 && dwarfRegister < REGISTER_SLOTS;
    }

    /** Whether the return address lives in a register at a function's entry (a link register), not on the stack. */
    public boolean hasLinkRegister() {
        return returnAddress != stackPointer && frameRecord != FrameRecord.X86;
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.arch;

import java.util.Arrays;

/**
 * The registers of one frame: pc, sp and 32 slots in DWARF numbering of an architecture. Mutable and reusable, so that
 * a walk allocates nothing; belongs to one thread. Slots that alias pc or sp (x86-64: 7 is rsp, 16 the return-address
 * column) read and write those.
 */
public final class RegisterSet {
    /** Layout version of a register set; a set of another version is refused with {@code UNSUPPORTED_ARCH}. */
    public static final int VERSION = 1;

    private final Architecture architecture;
    private final int version;
    private final int stackPointer;
    /** Slot that is the pc under another name, or -1. */
    private final int pcSlot;

    private final long[] slots = new long[Architecture.REGISTER_SLOTS];
    private long pc;
    private int known;

    private RegisterSet(Architecture architecture, int version) {
        this.architecture = architecture;
        this.version = version;
        this.stackPointer = architecture.stackPointer();
        this.pcSlot = architecture.hasLinkRegister() ? -1 : architecture.returnAddress();
    }

    /** An empty set: all zero, nothing known. */
    public static RegisterSet prepare(Architecture architecture) {
        return new RegisterSet(architecture, VERSION);
    }

    /** A set as some recording states it; used only after its version was compared with {@link #VERSION}. */
    public static RegisterSet prepare(Architecture architecture, int version) {
        return new RegisterSet(architecture, version);
    }

    /**
     * Converts a sample, as a profiler or a core file states it, into a register set.
     *
     * @param dwarfRegisters values by DWARF number; slots beyond its length stay unknown
     */
    public static RegisterSet ofSample(Architecture architecture, long pc, long sp, long... dwarfRegisters) {
        RegisterSet registers = prepare(architecture);
        int count = Math.min(dwarfRegisters.length, Architecture.REGISTER_SLOTS);
        for (int i = 0; i < count; i++) {
            registers.set(i, dwarfRegisters[i]);
        }
        registers.sp(sp);
        registers.pc(pc);
        return registers;
    }

    public Architecture architecture() {
        return architecture;
    }

    public int version() {
        return version;
    }

    /** The program counter; after a step the return address, without any pointer-authentication code. */
    public long pc() {
        return pc;
    }

    public void pc(long value) {
        pc = value;
        if (pcSlot >= 0) {
            slots[pcSlot] = value;
            known |= 1 << pcSlot;
        }
    }

    public long sp() {
        return slots[stackPointer];
    }

    public void sp(long value) {
        set(stackPointer, value);
    }

    /** The value in a slot; meaningless unless {@link #known}. */
    public long get(int dwarfRegister) {
        return slots[dwarfRegister];
    }

    /** Sets a slot and makes it known. */
    public void set(int dwarfRegister, long value) {
        slots[dwarfRegister] = value;
        known |= 1 << dwarfRegister;
        if (dwarfRegister == pcSlot) {
            pc = value;
        }
    }

    /**
     * False until set, and again once a step lost the value (a register that calls clobber, or CFI calls undefined).
     */
    public boolean known(int dwarfRegister) {
        return (known >>> dwarfRegister & 1) != 0;
    }

    /** Marks a value as lost. */
    public void forget(int dwarfRegister) {
        known &= ~(1 << dwarfRegister);
    }

    /** Bit <i>n</i> set: slot <i>n</i> is known. */
    public int knownMask() {
        return known;
    }

    /** Forgets every register whose bit is not set in {@code mask}. */
    public void retain(int mask) {
        known &= mask;
    }

    /** Makes this set equal to another of the same architecture. */
    public void copyFrom(RegisterSet other) {
        System.arraycopy(other.slots, 0, slots, 0, slots.length);
        pc = other.pc;
        known = other.known;
    }

    /** All zero, nothing known. */
    public void clear() {
        Arrays.fill(slots, 0);
        pc = 0;
        known = 0;
    }
}

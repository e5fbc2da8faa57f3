// SPDX-License-Identifier: MIT
package io.dwunw.unwind;

import io.dwunw.arch.RegisterSet;
import io.dwunw.dwarf.ExpressionContext;
import io.dwunw.memory.StackMemory;
import org.jspecify.annotations.Nullable;

/** State of the frame being left, as expressions see it: its registers and the stack. Reused for every frame. */
final class FrameState implements ExpressionContext {
    private @Nullable RegisterSet registers;
    private @Nullable StackMemory stack;
    private long loadBias;

    FrameState of(RegisterSet registers, StackMemory stack, long loadBias) {
        this.registers = registers;
        this.stack = stack;
        this.loadBias = loadBias;
        return this;
    }

    @Override
    public boolean hasRegister(int dwarfRegister) {
        RegisterSet frame = registers;
        return frame != null && frame.architecture().hasSlot(dwarfRegister) && frame.known(dwarfRegister);
    }

    @Override
    public long register(int dwarfRegister) {
        RegisterSet frame = registers;
        return frame == null ? 0 : frame.get(dwarfRegister);
    }

    @Override
    public boolean canRead(long avma, int bytes) {
        StackMemory memory = stack;
        return memory != null && memory.contains(avma, bytes);
    }

    @Override
    public long read(long avma, int bytes) {
        StackMemory memory = stack;
        return memory == null ? 0 : memory.unsigned(avma, bytes);
    }

    @Override
    public long loadBias() {
        return loadBias;
    }
}

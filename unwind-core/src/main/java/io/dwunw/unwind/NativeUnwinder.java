package io.dwunw.unwind;

import io.dwunw.RegisterSet;
import io.dwunw.memory.StackMemory;
import io.dwunw.module.ModuleMap;

/** One native step; a cache of unwind rules inside. Hot: allocates nothing once warm. Not thread-safe. */
public final class NativeUnwinder {
    private final ModuleMap modules;
    private boolean leftSignalFrame;

    /** Walks through the modules of {@code modules}. */
    public NativeUnwinder(ModuleMap modules) {
        this.modules = modules;
    }

    /**
     * Turns {@code registers} of one frame into those of its caller, with all callee-saved registers restored. On anything
     * but {@link StopReason#STEPPED} the registers are untouched.
     *
     * @param returnAddress whether the pc is a return address; false for the innermost frame and after a signal frame
     */
    public StopReason step(RegisterSet registers, StackMemory stack, boolean returnAddress) {
        leftSignalFrame = false;
        long lookup = FrameAddress.lookup(registers.pc(), returnAddress);
        return modules.find(lookup) == null ? StopReason.NO_MODULE : StopReason.NO_CFI;
    }

    /** After {@link StopReason#STEPPED}: whether the frame just left was a signal frame; the new pc is then exact. */
    public boolean leftSignalFrame() {
        return leftSignalFrame;
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw;

import io.dwunw.module.LoadedModule;
import io.dwunw.unwind.FrameAddress;
import io.dwunw.unwind.StopReason;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One frame of a captured stack; all addresses are AVMAs.
 *
 * @param pc program counter; a return address unless flagged {@link FrameFlag#EXACT_PC}
 * @param sp stack pointer at that pc
 * @param cfa canonical frame address, 0 if the walk ended here
 * @param returnAddress where the frame returns to, 0 if the walk ended here
 * @param module the module that the pc lies in, or null
 * @param flags what else is known
 * @param stop why the walk ended at this frame; {@link StopReason#STEPPED} if it went on
 */
public record Frame(
        long pc,
        long sp,
        long cfa,
        long returnAddress,
        @Nullable LoadedModule module,
        Set<FrameFlag> flags,
        StopReason stop) {
    public Frame {
        flags = Set.copyOf(flags);
    }

    /** The address to look symbols up with: inside the call, not behind it. */
    public long lookupAvma() {
        return FrameAddress.lookup(pc, !flags.contains(FrameFlag.EXACT_PC));
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw;

import io.dwunw.arch.RegisterSet;
import io.dwunw.memory.MemoryReader;
import io.dwunw.module.ModuleMap;
import org.jspecify.annotations.Nullable;

/**
 * An explicit request for a capture. Nothing is taken from the surroundings: what is not in the request is not used.
 *
 * @param registers of the innermost frame; not changed
 * @param modules what is mapped in the process
 * @param memory the process's memory, or null: then one frame is all there can be
 * @param maxFrames at most so many frames, at least 1
 * @param framePointers whether frame pointers may be followed where CFI is missing
 */
public record UnwindRequest(
        RegisterSet registers, ModuleMap modules, @Nullable MemoryReader memory, int maxFrames, boolean framePointers) {
    /** Number of frames by default. */
    public static final int DEFAULT_MAX_FRAMES = 256;

    /** Without a memory reader, with the usual number of frames, by CFI only. */
    public static UnwindRequest of(RegisterSet registers, ModuleMap modules) {
        return new UnwindRequest(registers, modules, null, DEFAULT_MAX_FRAMES, false);
    }

    public UnwindRequest withMemory(MemoryReader reader) {
        return new UnwindRequest(registers, modules, reader, maxFrames, framePointers);
    }

    public UnwindRequest withMaxFrames(int frames) {
        return new UnwindRequest(registers, modules, memory, frames, framePointers);
    }

    public UnwindRequest withFramePointers() {
        return new UnwindRequest(registers, modules, memory, maxFrames, true);
    }
}

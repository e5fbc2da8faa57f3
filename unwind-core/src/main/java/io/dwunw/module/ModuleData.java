// SPDX-License-Identifier: MIT
package io.dwunw.module;

import io.dwunw.dwarf.CallFrameInfo;
import io.dwunw.elf.ElfImage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Data of a module's file that a walk needs. */
public interface ModuleData {
    ElfImage image();

    /** The image's call frame information, or null if it has none. */
    @Nullable
    CallFrameInfo cfi();

    /** CFI that was cut out of the image, for addresses that {@link #cfi} does not cover; sought by the first call. */
    List<SeparateCfi> separateCfi();
}

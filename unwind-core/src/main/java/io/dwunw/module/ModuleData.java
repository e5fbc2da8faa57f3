package io.dwunw.module;

import io.dwunw.dwarf.CallFrameInfo;
import io.dwunw.elf.ElfImage;
import org.jspecify.annotations.Nullable;

/** What a walk needs of a module's file. */
public interface ModuleData {
    ElfImage image();

    /** The image's call frame information, or null if it has none. */
    @Nullable
    CallFrameInfo cfi();
}

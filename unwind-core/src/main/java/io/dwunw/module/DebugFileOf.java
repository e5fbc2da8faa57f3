// SPDX-License-Identifier: MIT
package io.dwunw.module;

import io.dwunw.elf.ElfImage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Looks for what was cut out of a module's file, when it is wanted. */
final class DebugFileOf implements Supplier<@Nullable ElfImage> {
    private final LoadedModule module;
    private final ElfImage image;
    private final ImageSource source;

    DebugFileOf(LoadedModule module, ElfImage image, ImageSource source) {
        this.module = module;
        this.image = image;
        this.source = source;
    }

    @Override
    public @Nullable ElfImage get() {
        return source.debugFile(module, image);
    }
}

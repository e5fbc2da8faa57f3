// SPDX-License-Identifier: MIT
package io.dwunw.module;

import io.dwunw.elf.ElfImage;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Gets hold of a module's ELF image. Cold; called at most once per module. */
@FunctionalInterface
public interface ImageSource {
    /**
     * Opens the image.
     *
     * @throws IOException if there is no way to its bytes
     * @throws io.dwunw.bytes.MalformedDataException if it is no ELF file
     */
    ElfImage open(LoadedModule module) throws IOException;

    /**
     * Where this process finds a path of the module map: elsewhere, if the mapped process has another root directory.
     */
    default String hostPath(String path) {
        return path;
    }

    /**
     * Finds the file that a module's debug information was cut out into. Called at most once per module, when its own
     * CFI does not cover an address.
     *
     * @return null if there is none
     */
    default @Nullable ElfImage debugFile(LoadedModule module, ElfImage image) {
        return null;
    }
}

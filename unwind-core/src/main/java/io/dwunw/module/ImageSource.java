package io.dwunw.module;

import io.dwunw.elf.ElfImage;
import java.io.IOException;

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
}

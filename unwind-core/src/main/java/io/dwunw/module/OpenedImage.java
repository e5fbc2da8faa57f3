// SPDX-License-Identifier: MIT
package io.dwunw.module;

import io.dwunw.bytes.MalformedDataException;
import io.dwunw.dwarf.CallFrameInfo;
import io.dwunw.elf.ElfImage;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** An image with its CFI and what was cut out of it, each sought when first wanted. */
final class OpenedImage implements ModuleData {
    private final ElfImage image;
    private final Supplier<@Nullable ElfImage> debugFile;
    private final List<ElfImage> separateFiles = new ArrayList<>();
    private boolean sought;
    private @Nullable CallFrameInfo cfi;
    private @Nullable List<SeparateCfi> separate;

    OpenedImage(ElfImage image, Supplier<@Nullable ElfImage> debugFile) {
        this.image = image;
        this.debugFile = debugFile;
    }

    @Override
    public ElfImage image() {
        return image;
    }

    @Override
    public @Nullable CallFrameInfo cfi() {
        if (!sought) {
            sought = true;
            try {
                cfi = ImageCfi.of(image);
            } catch (MalformedDataException unusable) {
                cfi = null;
            }
        }
        return cfi;
    }

    @Override
    public List<SeparateCfi> separateCfi() {
        List<SeparateCfi> known = separate;
        if (known == null) {
            known = new ArrayList<>();
            // What was never stripped has nothing elsewhere.
            if (image.section(".debug_frame") == null) {
                add(debugFile, known);
                add(() -> MiniDebugInfo.of(image), known);
            }
            separate = known;
        }
        return known;
    }

    /** Closes the files: what was not read of them is lost. */
    void close() {
        image.close();
        separateFiles.forEach(ElfImage::close);
    }

    private void add(Supplier<@Nullable ElfImage> source, List<SeparateCfi> found) {
        try {
            ElfImage file = source.get();
            if (file != null) {
                separateFiles.add(file);
            }
            CallFrameInfo cut = file == null ? null : ImageCfi.ofDebugFile(file);
            if (file != null && cut != null) {
                found.add(new SeparateCfi(cut, DebugFiles.shift(image, file)));
            }
        } catch (MalformedDataException unusable) {
            // As good as absent.
        }
    }
}

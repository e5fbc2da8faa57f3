package io.dwunw.module;

import io.dwunw.bytes.MalformedDataException;
import io.dwunw.dwarf.CallFrameInfo;
import io.dwunw.elf.ElfImage;
import org.jspecify.annotations.Nullable;

/** An image with its CFI, which is sought when first wanted. */
final class OpenedImage implements ModuleData {
    private final ElfImage image;
    private boolean sought;
    private @Nullable CallFrameInfo cfi;

    OpenedImage(ElfImage image) {
        this.image = image;
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
            } catch (MalformedDataException | InternalError unusable) {
                cfi = null; // InternalError: the file was cut off while it was mapped
            }
        }
        return cfi;
    }
}

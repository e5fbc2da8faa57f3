// SPDX-License-Identifier: MIT
package io.dwunw.module;

import io.dwunw.bytes.Bytes;
import io.dwunw.bytes.MalformedDataException;
import io.dwunw.compress.Xz;
import io.dwunw.elf.ElfImage;
import io.dwunw.elf.SectionHeader;
import org.jspecify.annotations.Nullable;

/**
 * {@code .gnu_debugdata}: an ELF file, packed with xz, of the function symbols that are not in {@code .dynsym}.
 * Fedora's has nothing else; Android's has {@code .debug_frame}, too.
 */
public final class MiniDebugInfo {
    /** Fedora's largest, of Chromium, has 30 MiB. */
    static final int MAX_BYTES = 1 << 26;

    private MiniDebugInfo() {}

    /** The ELF file inside, or null if there is none, or it is broken. */
    public static @Nullable ElfImage of(ElfImage image) {
        SectionHeader section = image.section(".gnu_debugdata");
        if (section == null) {
            return null;
        }
        try {
            Bytes packed = image.content(section);
            return ElfImage.ofFile(packed.derived(Xz.decode(packed, MAX_BYTES)));
        } catch (MalformedDataException broken) {
            return null;
        }
    }
}

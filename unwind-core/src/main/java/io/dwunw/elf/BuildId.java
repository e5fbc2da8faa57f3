// SPDX-License-Identifier: MIT
package io.dwunw.elf;

import io.dwunw.bytes.Bytes;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Identifier that the linker gives to a file's contents ({@code NT_GNU_BUILD_ID}).
 *
 * @param hex lower-case hexadecimal digits, as in {@code /usr/lib/debug/.build-id}
 */
public record BuildId(String hex) {
    /** Searches notes (gABI, "Note Section") for a build id. {@code align} is 4, or 8 in segments aligned so. */
    static @Nullable BuildId inNotes(Bytes notes, long align) {
        long pad = align == 8 ? 7 : 3;
        long at = 0;
        for (int i = 0; i < ElfLimits.MAX_NOTES && notes.contains(at, 12); i++) {
            long nameBytes = notes.u32(at);
            long descriptionBytes = notes.u32(at + 4);
            // Only the start of a note is aligned to begin with, so that its header counts (binutils, elf/common.h).
            long description = at + (12 + nameBytes + pad & ~pad);
            boolean gnu = nameBytes == 4 && notes.cStringEquals(at + 12, "GNU");
            if (gnu && notes.s32(at + 8) == Elf.NT_GNU_BUILD_ID) {
                if (descriptionBytes == 0
                        || descriptionBytes > ElfLimits.MAX_BUILD_ID_BYTES
                        || !notes.contains(description, descriptionBytes)) {
                    return null;
                }
                return new BuildId(HexFormat.of().formatHex(notes.toArray(description, (int) descriptionBytes)));
            }
            at = description + descriptionBytes + pad & ~pad;
        }
        return null;
    }

    // By hand: the first use of what a record brings along costs a program 40 ms of its start.

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof BuildId that && hex.equals(that.hex);
    }

    @Override
    public int hashCode() {
        return hex.hashCode();
    }

    @Override
    public String toString() {
        return hex;
    }
}

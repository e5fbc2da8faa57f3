// SPDX-License-Identifier: MIT
package io.dwunw.elf;

import io.dwunw.bytes.Bytes;

/** Source of an image's bytes: its file, or the memory that it was loaded to. */
interface ElfContent {
    /** Header and whatever follows it contiguously; for a file, all of it. */
    Bytes head();

    /** What the file holds of this segment, in segment order; may be shorter than stated, never longer. */
    Bytes segment(ProgramHeader segment);

    /** Whether section headers and sections can be read by their file offsets. */
    boolean hasSections();
}

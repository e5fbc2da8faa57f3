// SPDX-License-Identifier: MIT
package io.dwunw.elf;

/** Caps on what an ELF file may make this library allocate or loop over. */
public final class ElfLimits {
    /** Real files have about 10. */
    public static final int MAX_PROGRAM_HEADERS = 4096;
    /** {@code -ffunction-sections} objects reach some 100,000. */
    public static final int MAX_SECTIONS = 1 << 20;
    /** Bytes that one compressed section may inflate to. */
    public static final int MAX_INFLATED_BYTES = 1 << 28;
    /** Bytes of a process's memory read for one image. */
    public static final int MAX_MEMORY_IMAGE_BYTES = 1 << 26;
    /** Symbols of one table. */
    public static final int MAX_SYMBOLS = 1 << 26;
    /** Entries of a dynamic section. */
    public static final int MAX_DYNAMIC_ENTRIES = 1 << 14;
    /** Notes in one segment or section. */
    public static final int MAX_NOTES = 1024;
    /** Segments and sections of notes looked into; real files have about three. */
    public static final int MAX_NOTE_RANGES = 64;
    /** Build ids are 8 to 20 bytes in practice; 64 is a SHA-512. */
    public static final int MAX_BUILD_ID_BYTES = 64;

    /** A section's name; a longer one belongs to no section that is looked for. */
    public static final int MAX_SECTION_NAME_BYTES = 256;
    /** A symbol's name; those of heavily templated C++ reach some 10,000 bytes. */
    public static final int MAX_SYMBOL_NAME_BYTES = 1 << 18;
    /** A file name in a section, as {@code NAME_MAX} has it. */
    public static final int MAX_FILE_NAME_BYTES = 255;

    private ElfLimits() {}
}

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
    public static final int MAX_MEMORY_SEGMENT_BYTES = 1 << 26;
    /** Symbols of one table. */
    public static final int MAX_SYMBOLS = 1 << 26;
    /** Entries of a dynamic section. */
    public static final int MAX_DYNAMIC_ENTRIES = 1 << 14;
    /** Notes in one segment or section. */
    public static final int MAX_NOTES = 1024;
    /** Build ids are 8 to 20 bytes in practice; 64 is a SHA-512. */
    public static final int MAX_BUILD_ID_BYTES = 64;

    private ElfLimits() {}
}

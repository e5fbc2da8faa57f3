// SPDX-License-Identifier: MIT
package io.dwunw.agent.sample;

import java.util.Locale;

/** The function that allocated or freed. The order is that of {@code enum dwunw_allocator} in {@code sample.h}. */
public enum Allocator {
    MALLOC,
    CALLOC,
    REALLOC,
    REALLOCARRAY,
    POSIX_MEMALIGN,
    ALIGNED_ALLOC,
    MEMALIGN,
    VALLOC,
    PVALLOC,
    MMAP,
    MREMAP,
    FREE,
    MUNMAP,
    /** A pair of functions named by the user. */
    CUSTOM;

    private static final Allocator[] BY_ORDINAL = values();

    private final String functionName = name().toLowerCase(Locale.ROOT);

    /** Its name in C, for example {@code posix_memalign}. */
    public String functionName() {
        return functionName;
    }

    /** Its number in {@code sample.h}. */
    @SuppressWarnings("EnumOrdinal") // the order is the contract, and SampleLayoutTest watches it
    public int number() {
        return ordinal();
    }

    /** Whether it deals in pages of the address space instead of blocks of the heap. */
    public boolean mapsPages() {
        return this == MMAP || this == MREMAP || this == MUNMAP;
    }

    /** The allocator of a record; a value that this version does not know counts as {@link #CUSTOM}. */
    static Allocator of(int value) {
        return value >= 0 && value < BY_ORDINAL.length ? BY_ORDINAL[value] : CUSTOM;
    }
}

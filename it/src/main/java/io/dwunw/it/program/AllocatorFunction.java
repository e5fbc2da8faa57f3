// SPDX-License-Identifier: MIT
package io.dwunw.it.program;

/** The members of libc's allocator family, numbered as in {@code enum dwunwit_family} in {@code blocks.h}. */
public enum AllocatorFunction {
    MALLOC(0, "malloc"),
    CALLOC(1, "calloc"),
    REALLOC(2, "realloc"),
    REALLOCARRAY(3, "reallocarray"),
    POSIX_MEMALIGN(4, "posix_memalign"),
    ALIGNED_ALLOC(5, "aligned_alloc"),
    MEMALIGN(6, "memalign"),
    VALLOC(7, "valloc"),
    PVALLOC(8, "pvalloc"),
    MMAP(9, "mmap");

    private final int code;
    private final String function;

    AllocatorFunction(int code, String function) {
        this.code = code;
        this.function = function;
    }

    /** Its number in {@code blocks.h}. */
    int code() {
        return code;
    }

    /** The C function's name. */
    public String function() {
        return function;
    }

    /** The function of the test library that calls it, and is its caller in every stack. */
    public String caller() {
        return "dwunwit_by_" + function;
    }
}

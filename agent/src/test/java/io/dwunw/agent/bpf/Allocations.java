// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import java.net.URISyntaxException;
import java.nio.file.Path;

/** Calls of libc's allocator, see {@code src/test/native/allocations.c}. */
public final class Allocations {
    public static final int PROT_NONE = 0;
    public static final int PROT_READ_WRITE = 3;
    public static final int MAP_PRIVATE_ANONYMOUS = 0x22;
    public static final int MAP_FIXED = 0x10;

    static {
        try {
            System.load(Path.of(Allocations.class
                            .getResource("/native/liballocations.so")
                            .toURI())
                    .toString());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private Allocations() {}

    public static native long malloc(long size);

    public static native long calloc(long count, long size);

    public static native long realloc(long old, long size);

    public static native long reallocarray(long old, long count, long size);

    public static native long posixMemalign(long alignment, long size);

    public static native long alignedAlloc(long alignment, long size);

    public static native long valloc(long size);

    public static native long pvalloc(long size);

    public static native long strdup(long length);

    public static native void free(long block);

    public static native long mmap(long at, long size, int protection, int flags);

    public static native long mremap(long old, long oldSize, long size);

    public static native int munmap(long at, long size);

    public static native void pairs(int count, int size, int spread);

    public static native void deepPair(int size, int bytes);

    public static native int childPairs(int count, int size);

    public static native long nanosPerPair(int count, int size);
}

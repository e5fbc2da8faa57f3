package io.dwunw.agent.bpf;

import java.net.URISyntaxException;
import java.nio.file.Path;

/** Calls of libc's allocator, see {@code src/test/native/allocations.c}. */
final class Allocations {
    static final int PROT_NONE = 0;
    static final int PROT_READ_WRITE = 3;
    static final int MAP_PRIVATE_ANONYMOUS = 0x22;
    static final int MAP_FIXED = 0x10;

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

    static native long malloc(long size);

    static native long calloc(long count, long size);

    static native long realloc(long old, long size);

    static native long reallocarray(long old, long count, long size);

    static native long posixMemalign(long alignment, long size);

    static native long alignedAlloc(long alignment, long size);

    static native long valloc(long size);

    static native long pvalloc(long size);

    static native long strdup(long length);

    static native void free(long block);

    static native long mmap(long at, long size, int protection, int flags);

    static native long mremap(long old, long oldSize, long size);

    static native int munmap(long at, long size);

    static native void pairs(int count, int size, int spread);

    static native void deepPair(int size, int bytes);

    static native int childPairs(int count, int size);

    static native long nanosPerPair(int count, int size);
}

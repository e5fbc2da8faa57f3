// SPDX-License-Identifier: MIT
package io.dwunw.it.program;

import java.nio.file.Path;

/** The test library: allocations of sizes that the caller chooses, through layers of C and C++ with known names. */
public final class NativeBlocks {
    /** Directory of the built libraries. */
    private static final Path DIRECTORY = Path.of(System.getProperty("dwunw.it.native", "target/native"));

    private static final long TRACING_TIMEOUT_NANOS = 30_000_000_000L;

    static {
        System.load(library().toString());
    }

    private NativeBlocks() {}

    /** Where the library is. */
    static Path library() {
        return DIRECTORY.resolve("libdwunwit.so").toAbsolutePath();
    }

    /** {@code count} blocks of {@code size} bytes, never freed: malloc, c_leaf, dwunwit_c_middle, dwunwit_c_layers. */
    public static native void cLayers(long size, int count);

    /** {@code count} blocks of {@code size} bytes, never freed, through {@code operator new} and {@code layers.cpp}. */
    public static native void cppLayers(long size, int count);

    /** As {@link #cLayers} from the library that {@link #openLate()} opens: late_inner, dwunwlate_outer. */
    public static native void lateLayers(long size, int count);

    /** Opens the second library with dlopen. */
    public static void openLate() {
        Path library = DIRECTORY.resolve("libdwunwlate.so").toAbsolutePath();
        if (!openLate(library.toString())) {
            throw new UnsatisfiedLinkError("cannot open " + library);
        }
    }

    private static native boolean openLate(String path);

    /**
     * Opens a library with dlopen, and at once has its late_inner and dwunwlate_outer allocate blocks that are never
     * freed.
     *
     * @param close whether the library is closed again then
     * @return whether it could be opened
     */
    static native boolean openAndAllocate(String path, long size, int count, boolean close);

    /** Where another of the libraries is. */
    static Path library(String file) {
        return DIRECTORY.resolve(file).toAbsolutePath();
    }

    /** One block; the address, or 0. */
    public static long allocate(AllocatorFunction family, long size) {
        return allocate(family.code(), size);
    }

    private static native long allocate(int family, long size);

    /** Gives back what {@link #allocate} gave. */
    public static void release(AllocatorFunction family, long address, long size) {
        release(family.code(), address, size);
    }

    private static native void release(int family, long address, long size);

    /** One block, never freed, by the {@code malloc} that {@code dlsym(RTLD_NEXT)} finds. */
    static native boolean allocateNext(long size);

    /** realloc. */
    public static native long reallocate(long address, long size);

    /**
     * A burst of {@code count} blocks of 16 to 512 bytes, then all freed; at most 64 blocks.
     *
     * @return bytes asked for; 0 if a block could not be had
     */
    public static native long burst(int count);

    /** Threads of their own, see {@link WorkersPlan}. */
    static void workers(WorkersPlan plan) {
        if (workers(plan.threads(), plan.rounds(), plan.kept(), plan.pauseMicros()) != 0) {
            throw new IllegalArgumentException(plan.toString());
        }
    }

    private static native int workers(int threads, int rounds, int kept, int pauseMicros);

    /** Whether a probe sits on {@code dwunwit_allocate}, the function that {@link #allocate} calls. */
    public static native boolean probed();

    /** Threads of their own that allocate and free what {@link SizeMix} says; 0 if they could be started. */
    static native int mix(int threads, int rounds);

    /** Where the library is that can be copied and opened under other names. */
    static Path lateLibrary() {
        return DIRECTORY.resolve("libdwunwlate.so").toAbsolutePath();
    }

    /**
     * Starts threads that open and close the libraries {@code late-<number>.so} of a directory, and others that are
     * born and die, until {@link #churnStop}; negative if something failed.
     */
    static native int churnStart(String directory, int libraries);

    /** Ends that; negative if any of it failed, or hardly anything happened. */
    static native int churnStop();

    /**
     * Threads of their own that allocate blocks of {@code size} and their number of bytes, and free all but {@code
     * kept}.
     */
    static native int churnCounted(int threads, int rounds, int kept, long size);

    /** Frees what {@link #churnCounted} kept. */
    static native void churnRelease();

    /** Whether a probe or a hook sits on malloc. */
    public static native boolean traced();

    /** Linux's id of the calling thread. */
    public static native int threadId();

    /** Returns when malloc is traced; a recording may start it any time after {@code main} began. */
    public static void awaitTracing() throws InterruptedException {
        long start = System.nanoTime();
        while (!traced()) {
            if (System.nanoTime() - start > TRACING_TIMEOUT_NANOS) {
                throw new IllegalStateException("malloc is not traced");
            }
            Thread.sleep(20);
        }
    }
}

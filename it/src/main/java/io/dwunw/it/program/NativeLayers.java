// SPDX-License-Identifier: MIT
package io.dwunw.it.program;

/**
 * Leaks {@link #COUNT} blocks each through C, through C++ and through a library opened late, from a known Java stack.
 */
public final class NativeLayers {
    /** Distinctive sizes, in bytes. */
    public static final long C_SIZE = 70_001;

    public static final long CPP_SIZE = 70_003;
    public static final long LATE_SIZE = 70_009;
    public static final int COUNT = 5;

    private NativeLayers() {}

    public static void main(String[] args) throws InterruptedException {
        NativeBlocks.awaitTracing();
        System.out.println("tid=" + NativeBlocks.threadId());
        javaOuter();
        Thread.sleep(args.length > 0 ? Long.parseLong(args[0]) : 1500);
    }

    private static void javaOuter() {
        javaInner();
    }

    private static void javaInner() {
        NativeBlocks.cLayers(C_SIZE, COUNT);
        NativeBlocks.cppLayers(CPP_SIZE, COUNT);
        NativeBlocks.openLate();
        NativeBlocks.lateLayers(LATE_SIZE, COUNT);
    }
}

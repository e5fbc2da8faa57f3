// SPDX-License-Identifier: MIT
package io.dwunw.agent.truth;

import java.nio.ByteBuffer;

/**
 * The native leaves, see {@code src/test/native/snapshot.c}. Each takes a snapshot, then calls {@link Truth#record}.
 */
final class Leaf {
    private Leaf() {}

    /** The only instance that is not static code's. */
    static final Leaf INSTANCE = new Leaf();

    static void load(String library) {
        System.load(library);
        bind(Truth.class);
    }

    private static native void bind(Class<?> truth);

    /** From now on snapshots carry this thread's frame anchor; 0: none. */
    static native void anchor(long javaThread, int spOffset, int pcOffset, int fpOffset);

    static native void captureStatic(ByteBuffer record);

    native void captureInstance(ByteBuffer record);

    static synchronized native void captureSynchronized(ByteBuffer record);

    static native long captureManyArguments(
            ByteBuffer record,
            int a,
            long b,
            double c,
            int d,
            long e,
            double f,
            int g,
            long h,
            Object i,
            int j,
            long k);

    /** Allocates and frees that many bytes. */
    static native void allocate(long size);

    static native void callBack(Runnable runnable);
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.golden;

/** The recorder's native library, see {@code src/test/native/golden.c}. */
final class Natives {
    private Natives() {}

    static void load(String library) {
        System.load(library);
    }

    /** malloc, below golden_leaf and golden_allocate; the block's address. */
    static native long allocate(long size);

    static native void release(long block);

    /** Java to C to Java. */
    static native void callBack(Runnable runnable);
}

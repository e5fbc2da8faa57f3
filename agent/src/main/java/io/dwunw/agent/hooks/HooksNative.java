// SPDX-License-Identifier: MIT
package io.dwunw.agent.hooks;

/** {@code hooks_jni.c}. Results below zero are {@code -errno}. {@link #open} comes first; one caller at a time. */
final class HooksNative {
    private HooksNative() {}

    /** @param queueBytes 0 = no queue is needed yet */
    static native int open(long queueBytes, int stackBytes, long interval);

    /** Of the queue's header page, which is never unmapped; 0 = there is no queue. */
    static native long queueAddress();

    /** Of what a {@link io.dwunw.agent.linux.Doorbell} sleeps on. */
    static native long bellAddress();

    /** Number of import slots patched. */
    static native int attach(boolean capture);

    /** Number of import slots restored. */
    static native int detach();

    /** Begins or ends to hand out wrappers to callers of {@code dlsym} while nothing is sampled. */
    static native int watch(boolean on);

    /** Number of import slots patched that were new, or had been overwritten. */
    static native int verify();

    static native void interval(long bytes);

    static native int excludeThread(int tid);

    static native int javaThread(int tid, long javaThread);

    static native void anchorOffsets(int sp, int pc, int fp);

    static native boolean isLive(long address);

    /** Bytes that libc's allocator has handed out, by its own account; -1 if it does not tell. */
    static native long heapInUse();

    static native long probePoint(boolean allocation);

    /** Runs through a probe point with a null record. */
    static native void passProbePoint();

    /** Pairs of calls and bytes for each allocator, then the values of {@link HooksCounters}. */
    static native void counters(long[] into, int allocators);
}

// SPDX-License-Identifier: MIT
package io.dwunw.it.program;

/** Java threads with names allocate; each prints Linux's id of itself. */
public final class NamedThreads {
    public static final int THREADS = 4;
    private static final int BLOCKS = 3;

    private NamedThreads() {}

    /** Bytes of every block of the thread {@code worker-<index>}. */
    public static long size(int index) {
        return 60_001 + 10L * index;
    }

    public static void main(String[] args) throws InterruptedException {
        NativeBlocks.awaitTracing();
        Thread[] threads = new Thread[THREADS];
        for (int i = 0; i < THREADS; i++) {
            int index = i;
            threads[i] = new Thread(() -> allocate(index), "worker-" + i);
            threads[i].start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
    }

    private static void allocate(int index) {
        System.out.println("worker-" + index + "=" + NativeBlocks.threadId());
        for (int i = 0; i < BLOCKS; i++) {
            NativeBlocks.cLayers(size(index), 1);
        }
        // The thread lives until its samples have been handled: a thread that is gone has no java.lang.Thread any more.
        try {
            Thread.sleep(2000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.it.program;

/**
 * Allocates on two virtual threads: one that has never given up its carrier, so that all its frames are on the
 * carrier's stack; and one that gave it up deep inside just before, so that only its youngest frames are there again.
 * Prints Linux's id of each one's carrier at that moment.
 */
public final class VirtualBlocks {
    /** Bytes, distinctive. */
    public static final long MOUNTED_SIZE = 450_007;

    public static final long THAWED_SIZE = 460_007;

    private static final long SMALL = 16;
    private static final long PAUSE_MILLIS = 20;

    private VirtualBlocks() {}

    public static void main(String[] args) throws Exception {
        NativeBlocks.awaitTracing();
        // The first call of all may load classes, and wait for that: it is made here.
        new Mounted(SMALL).run();
        Mounted mounted = new Mounted(MOUNTED_SIZE);
        start(mounted).join();
        System.out.println("mounted=" + mounted.carrier);
        Thawed thawed = new Thawed();
        start(thawed).join();
        System.out.println("thawed=" + thawed.carrier);
    }

    /** By reflection: this is compiled for JDKs that have no such threads. */
    private static Thread start(Runnable body) throws ReflectiveOperationException {
        return (Thread)
                Thread.class.getMethod("startVirtualThread", Runnable.class).invoke(null, body);
    }

    private static final class Mounted implements Runnable {
        private final long size;
        private int carrier;

        Mounted(long size) {
            this.size = size;
        }

        @Override
        public void run() {
            NativeBlocks.cLayers(size, 1);
            carrier = NativeBlocks.threadId();
        }
    }

    /**
     * Each method runs once, so that its frame is the interpreter's: such frames come back from the heap two by two.
     */
    private static final class Thawed implements Runnable {
        private int carrier;

        @Override
        public void run() {
            outer();
        }

        private void outer() {
            middle();
        }

        private void middle() {
            inner();
        }

        private void inner() {
            try {
                Thread.sleep(PAUSE_MILLIS);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            NativeBlocks.cLayers(THAWED_SIZE, 1);
            carrier = NativeBlocks.threadId();
        }
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.it.program;

import jdk.jfr.FlightRecorder;

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
        if (args.length > 0) {
            Thread.sleep(Long.parseLong(args[0]));
        } else {
            writeEvents();
        }
    }

    /**
     * Returns when the events of all allocations so far are in the recording. JFR of JDK 17 knows a thread by its
     * object only while it lives, and on a busy machine the main thread could have ended before its events are
     * written.
     */
    private static void writeEvents() {
        // JFR ends its chunk for that, and the agent has written all of them by then.
        FlightRecorder.getFlightRecorder().takeSnapshot().close();
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

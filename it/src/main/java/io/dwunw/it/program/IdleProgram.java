// SPDX-License-Identifier: MIT
package io.dwunw.it.program;

import java.util.concurrent.TimeUnit;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Recording;

/**
 * Stops all recordings, and waits until the agent's own thread waits as Java threads do, at most half a minute: a line
 * {@code state=<the last that was seen>}.
 */
public final class IdleProgram {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);

    private IdleProgram() {}

    public static void main(String[] args) throws InterruptedException {
        if (FlightRecorder.isInitialized()) {
            FlightRecorder.getFlightRecorder().getRecordings().forEach(Recording::stop);
        }
        Thread sidecar = SidecarThread.find();
        long start = System.nanoTime();
        Thread.State state = sidecar.getState();
        while (state != Thread.State.TIMED_WAITING && System.nanoTime() - start < PATIENCE_NANOS) {
            Thread.sleep(10);
            state = sidecar.getState();
        }
        System.out.println("state=" + state);
    }
}

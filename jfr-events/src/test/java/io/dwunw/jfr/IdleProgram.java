// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import java.lang.instrument.Instrumentation;

/** An agent in a JVM without a recording. */
public final class IdleProgram {
    private IdleProgram() {}

    public static void premain(String arguments, Instrumentation instrumentation) {
        RecordingDepth.raise(256, instrumentation);
        RecordingHooks.install(wanted -> {}, new Rendezvous(() -> {}), () -> {});
    }

    public static void main(String[] arguments) {
        System.out.println("wanted=" + WantedEvents.any());
    }
}

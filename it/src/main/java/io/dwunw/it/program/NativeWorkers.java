// SPDX-License-Identifier: MIT
package io.dwunw.it.program;

/** Runs a {@link WorkersPlan}, then lives on for so many milliseconds. */
public final class NativeWorkers {
    private NativeWorkers() {}

    public static void main(String[] args) throws InterruptedException {
        NativeBlocks.awaitTracing();
        NativeBlocks.workers(WorkersPlan.parse(args));
        System.out.println("done=true");
        Thread.sleep(Long.parseLong(args[4]));
    }
}

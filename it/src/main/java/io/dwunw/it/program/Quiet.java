// SPDX-License-Identifier: MIT
package io.dwunw.it.program;

/** Sleeps for the seconds of its argument. */
public final class Quiet {
    private Quiet() {}

    public static void main(String[] args) throws InterruptedException {
        Thread.sleep(1000L * Integer.parseInt(args[0]));
    }
}

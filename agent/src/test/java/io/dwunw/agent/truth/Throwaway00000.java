// SPDX-License-Identifier: MIT
package io.dwunw.agent.truth;

/** The template of {@link Throwaways}: every run of five zeros in its class file is replaced. */
public final class Throwaway00000 implements Step {
    public Throwaway00000() {}

    @Override
    public void go(Descent descent, int depth) throws Throwable {
        method00000(descent, depth);
    }

    private static void method00000(Descent descent, int depth) throws Throwable {
        descent.deeper(depth);
    }
}

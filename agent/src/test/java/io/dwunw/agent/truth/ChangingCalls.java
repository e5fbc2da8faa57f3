// SPDX-License-Identifier: MIT
package io.dwunw.agent.truth;

import java.util.TreeMap;

/**
 * Steps that replace the classes of the frames further out before they go on: compiled frames that wait there will be
 * deoptimised, and their methods are obsolete.
 */
final class ChangingCalls {
    private static final int RARELY = 30;

    private ChangingCalls() {}

    static Step[] all() {
        return new Step[] {ChangingCalls::replacing, Calls::plain};
    }

    private static void replacing(Descent descent, int depth) throws Throwable {
        if (descent.nextInt(RARELY) == 0) {
            Retransformer.retransform(Calls.class, Descent.class, ChangingCalls.class, TreeMap.class);
        }
        descent.deeper(depth);
    }
}

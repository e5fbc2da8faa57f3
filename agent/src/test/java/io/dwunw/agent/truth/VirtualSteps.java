// SPDX-License-Identifier: MIT
package io.dwunw.agent.truth;

/** Steps that let a virtual thread give up its carrier, so that its older frames are in the heap afterwards. */
@SuppressWarnings("ThreadPriorityCheck") // yielding is the point
final class VirtualSteps {
    private VirtualSteps() {}

    static Step[] all() {
        return new Step[] {VirtualSteps::yielding, VirtualSteps::sleeping};
    }

    private static void yielding(Descent descent, int depth) throws Throwable {
        Thread.yield();
        descent.deeper(depth);
    }

    private static void sleeping(Descent descent, int depth) throws Throwable {
        if (descent.nextInt(10) == 0) {
            Thread.sleep(1);
        }
        descent.deeper(depth);
    }
}

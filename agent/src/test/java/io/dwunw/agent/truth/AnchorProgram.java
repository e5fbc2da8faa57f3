// SPDX-License-Identifier: MIT
package io.dwunw.agent.truth;

import io.dwunw.agent.hotspot.HotSpot.AnchorOffsets;
import io.dwunw.agent.linux.Linux;
import io.dwunw.agent.stack.StackState;
import java.nio.ByteBuffer;

/**
 * As {@link TruthProgram}, but no native code has unwind information: from each native segment only HotSpot's frame
 * anchors lead back to Java. All Java frames must be found; only the native frames below the outermost cannot be.
 */
final class AnchorProgram {
    private AnchorProgram() {}

    public static void main(String[] arguments) throws Throwable {
        Leaf.load(arguments[0]);
        int samples = Integer.parseInt(arguments[1]);
        int maxDepth = Integer.parseInt(arguments[2]);
        Walked walked = new Walked(false);
        AnchorOffsets anchor = walked.hotspot().anchor();
        long javaThread = walked.hotspot().threads().javaThread(Linux.threadId());
        if (javaThread == 0) {
            throw new IllegalStateException("this thread is not known as a Java thread");
        }
        Leaf.anchor(javaThread, anchor.sp(), anchor.pc(), anchor.fp());
        Comparison comparison = new Comparison();
        ByteBuffer record = Walked.newRecord();
        Descent descent = new Descent(Long.parseLong(arguments[3]), Calls.all(), record);
        int late = 0;
        for (int i = 0; i < samples + late; i++) {
            descent.sample(maxDepth);
            StackState state = walked.walk(record).state();
            late += walked.late() && state == StackState.CODE_REPLACED && late < samples ? 1 : 0;
            // What ends the walk lies beyond all Java frames.
            StackState judged = state == StackState.NO_MODULE ? StackState.COMPLETE : state;
            comparison.compare(
                    judged,
                    walked.javaFrames(),
                    Truth.current().frames(),
                    Truth.current().visible());
        }
        System.out.println(comparison.result() + " " + walked.kinds());
        if (comparison.wrong() != 0) {
            System.exit(1);
        }
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.truth;

import io.dwunw.agent.stack.StackState;
import io.dwunw.agent.truth.Walked.JavaFrame;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Comparison that decides whether walked frames can be those of a stack trace, which lacks hidden frames: a frame that
 * could not be named stands for any one frame, or for one that is hidden. So it is not certain which frames are the
 * same: all ways are followed.
 */
final class StressMatch {
    private StressMatch() {}

    /** What is wrong; null if nothing is. */
    static @Nullable String difference(StackState state, List<JavaFrame> found, List<StackTraceElement> truth) {
        boolean gaps = state == StackState.SEARCHED || state == StackState.INLINED_UNKNOWN;
        // How many frames of the truth may lie before the next frame.
        BitSet passed = new BitSet();
        passed.set(0);
        for (int i = 0; i < found.size(); i++) {
            JavaFrame frame = found.get(i);
            if (frame.isUnknown() || !frame.method().hidden()) {
                BitSet next = after(frame, gaps ? withGaps(passed, truth.size()) : passed, truth);
                if (next.isEmpty()) {
                    return "frame " + (i + 1) + " " + frame.method().text(frame.bci()) + " instead of "
                            + expected(passed.length() - 1, truth);
                }
                passed = next;
            }
        }
        boolean toTheEnd = state == StackState.COMPLETE || state == StackState.METHOD_GONE;
        return toTheEnd && !passed.get(truth.size()) ? "lacks " + expected(passed.length() - 1, truth) : null;
    }

    private static BitSet after(JavaFrame frame, BitSet passed, List<StackTraceElement> truth) {
        BitSet next = new BitSet();
        for (int at = passed.nextSetBit(0); at >= 0; at = passed.nextSetBit(at + 1)) {
            if (frame.isUnknown()) {
                next.set(at);
            }
            if (at < truth.size() && (frame.isUnknown() || same(frame, truth.get(at)))) {
                next.set(at + 1);
            }
        }
        return next;
    }

    private static BitSet withGaps(BitSet passed, int size) {
        BitSet all = new BitSet();
        all.set(passed.nextSetBit(0), size + 1);
        return all;
    }

    private static String expected(int at, List<StackTraceElement> truth) {
        return at < truth.size() ? truth.get(at).toString() : "none";
    }

    private static boolean same(JavaFrame frame, StackTraceElement truth) {
        int line = frame.method().line(frame.bci());
        return frame.method().className().equals(truth.getClassName())
                && frame.method().methodName().equals(truth.getMethodName())
                // Java knows no lines of a method that was replaced meanwhile.
                && (line == truth.getLineNumber() || truth.getLineNumber() <= 0 || frame.approximate());
    }
}

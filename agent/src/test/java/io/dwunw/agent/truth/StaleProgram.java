// SPDX-License-Identifier: MIT
package io.dwunw.agent.truth;

import io.dwunw.agent.sample.SampleDescriptor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * As {@link TruthProgram}, but the walks come late: meanwhile classes are unloaded and loaded anew, or retransformed. A
 * walk may then end early or leave a method unnamed; it must never name a wrong one. Fifth argument: {@code unload},
 * {@code retransform}, or {@code collect}, for collections that find no class to unload.
 */
final class StaleProgram {
    private static final int WAITING = 48;
    private static final int SAMPLES_BETWEEN_CHANGES = 40;

    private record Pending(ByteBuffer record, List<Truth.Frame> frames, List<StackTraceElement> visible) {}

    private StaleProgram() {}

    public static void main(String[] arguments) throws Throwable {
        Leaf.load(arguments[0]);
        int samples = Integer.parseInt(arguments[1]);
        int maxDepth = Integer.parseInt(arguments[2]);
        long seed = Long.parseLong(arguments[3]);
        boolean unload = arguments[4].equals("unload");
        boolean retransform = arguments[4].equals("retransform");
        Walked walked = new Walked();
        Comparison comparison = new Comparison();
        Throwaways throwaways = new Throwaways();
        Step throwaway = (descent, depth) -> throwaways.next().go(descent, depth);
        Step[] steps = {
            throwaway, throwaway, throwaway, Calls::plain, (descent, depth) -> descent.deeper(depth), throwaway,
        };
        ByteBuffer scratch = Walked.newRecord();
        Descent descent = new Descent(seed, unload ? steps : Calls.all(), scratch);
        List<Pending> pending = new ArrayList<>();
        int tooLate = 0;
        for (int i = 1; i <= samples; i++) {
            descent.sample(maxDepth);
            pending.add(new Pending(
                    copy(scratch), Truth.current().frames(), Truth.current().visible()));
            if (i % SAMPLES_BETWEEN_CHANGES == 0) {
                change(retransform);
            }
            if (pending.size() == WAITING || i == samples) {
                for (Pending late : pending) {
                    var frames = walked.walk(late.record());
                    tooLate += walked.late() ? 1 : 0;
                    comparison.compare(frames.state(), walked.javaFrames(), late.frames(), late.visible());
                }
                pending.clear();
            }
        }
        System.out.println(comparison.result() + " late=" + tooLate + " " + walked.kinds());
        if (comparison.wrong() != 0) {
            System.exit(1);
        }
    }

    private static void change(boolean retransform) throws Exception {
        if (retransform) {
            Retransformer.retransform(Calls.class, Descent.class, java.util.TreeMap.class);
        } else {
            System.gc();
        }
    }

    private static ByteBuffer copy(ByteBuffer record) {
        int length = SampleDescriptor.ALLOCATION_HEADER_BYTES + record.getInt(SampleDescriptor.STACK_LENGTH);
        ByteBuffer copy = ByteBuffer.allocateDirect(length).order(ByteOrder.LITTLE_ENDIAN);
        copy.put(0, record, 0, length);
        return copy;
    }
}

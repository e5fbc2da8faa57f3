// SPDX-License-Identifier: MIT
package io.dwunw.agent.truth;

import com.sun.management.ThreadMXBean;
import io.dwunw.agent.stack.FrameBuffer;
import io.dwunw.agent.stack.StackTraces;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;

/**
 * Walks and interns the same mixed stacks again and again: how long a warm walk takes, and that it allocates nothing.
 * The second argument is the number of rounds, the third the depth.
 */
final class WarmProgram {
    private static final int STACKS = 16;
    private static final int WARM_UP = 20_000;
    private static final int TURNS = 3;

    private WarmProgram() {}

    public static void main(String[] arguments) throws Throwable {
        Leaf.load(arguments[0]);
        int rounds = Integer.parseInt(arguments[1]);
        int depth = Integer.parseInt(arguments[2]);
        Walked walked = new Walked();
        ByteBuffer[] records = new ByteBuffer[STACKS];
        Descent[] descents = new Descent[STACKS];
        for (int i = 0; i < STACKS; i++) {
            records[i] = Walked.newRecord();
            descents[i] = new Descent(i, Calls.all(), records[i]);
        }
        StackTraces traces = new StackTraces(1024);
        for (int i = 0; i < WARM_UP; i++) {
            if (i % (WARM_UP / 50) == 0) {
                descents[i / (WARM_UP / 50) % STACKS].deeper(depth);
            }
            int stack = i % STACKS;
            if (records[stack].getInt(104) != 0) {
                traces.intern(walked.walk(records[stack]));
            }
        }
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long self = Thread.currentThread().getId();
        // Classes that were loaded for this, and a safepoint, make the walker read all names again.
        threads.getThreadAllocatedBytes(self);
        System.gc();
        for (ByteBuffer record : records) {
            traces.intern(walked.walk(record));
        }
        long frames = 0;
        long nanos = 0;
        long allocated = Long.MAX_VALUE;
        // If classes are loaded meanwhile all names are read once more, and tables may grow: in one of the turns.
        for (int turn = 0; turn < TURNS; turn++) {
            frames = 0;
            long allocatedBefore = threads.getThreadAllocatedBytes(self);
            long start = threads.getCurrentThreadCpuTime();
            for (int i = 0; i < rounds; i++) {
                FrameBuffer walk = walked.walk(records[i % STACKS]);
                frames += walk.count();
                traces.intern(walk);
            }
            nanos = threads.getCurrentThreadCpuTime() - start;
            allocated = Math.min(allocated, threads.getThreadAllocatedBytes(self) - allocatedBefore);
        }
        System.out.println("RESULT samples=" + rounds + " framesPerStack=" + frames / rounds + " nanosPerStack="
                + nanos / rounds + " bytes=" + allocated + " stacks=" + traces.created());
    }
}

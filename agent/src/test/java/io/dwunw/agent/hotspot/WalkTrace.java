// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

import io.dwunw.arch.RegisterSet;
import io.dwunw.arch.X86_64;
import io.dwunw.memory.StackMemory;
import java.lang.management.ClassLoadingMXBean;
import java.lang.management.ManagementFactory;
import java.util.Locale;

/**
 * Trace of what the last walk went through: of each frame in generated code where its code lay and which it was, or
 * which method's address an interpreted frame held, and when each attempt began. So that a wrong frame can be
 * understood afterwards. Allocates nothing until it is asked.
 */
final class WalkTrace {
    private static final int MAX_STEPS = 4096;
    private static final int MAX_ATTEMPTS = 8;
    private static final int METHOD = -24;
    private static final int POOL_CACHE = -48;
    private static final int BCP = -64;
    private static final double NANOS_PER_MILLI = 1e6;

    private final ClassLoadingMXBean classes = ManagementFactory.getClassLoadingMXBean();
    private final long[] pcs = new long[MAX_STEPS];
    private final String[] kinds = new String[MAX_STEPS];
    private final int[] frames = new int[MAX_STEPS];
    /** Of code: the blob's address, compile id and method; of an interpreted frame: its method, pool cache and bcp. */
    private final long[] first = new long[MAX_STEPS];

    private final long[] second = new long[MAX_STEPS];
    private final long[] third = new long[MAX_STEPS];
    private int steps;

    private final long[] began = new long[MAX_ATTEMPTS];
    private final long[] unloaded = new long[MAX_ATTEMPTS];
    private int attempts;
    private long sampleNanos;

    /** An attempt to walk the stack that was copied at that moment. */
    void begin(long nanos) {
        if (nanos != sampleNanos) {
            attempts = 0;
        }
        sampleNanos = nanos;
        steps = 0;
        if (attempts < MAX_ATTEMPTS) {
            began[attempts] = System.nanoTime();
            unloaded[attempts++] = classes.getUnloadedClassCount();
        }
    }

    void interpreted(RegisterSet registers, StackMemory stack) {
        long fp = registers.get(X86_64.RBP);
        boolean copied = stack.contains(fp + BCP, -BCP);
        step("interpreted", registers.pc());
        first[steps] = copied ? stack.word(fp + METHOD) : 0;
        second[steps] = copied ? stack.word(fp + POOL_CACHE) : 0;
        third[steps] = copied ? stack.word(fp + BCP) : 0;
    }

    void code(String kind, long pc, CodeBlob blob, int compileId, long method) {
        step(kind, pc);
        first[steps] = blob.address();
        second[steps] = compileId;
        third[steps] = method;
    }

    void other(String kind, long pc) {
        step(kind, pc);
        first[steps] = 0;
        second[steps] = 0;
        third[steps] = 0;
    }

    private void step(String kind, long pc) {
        kinds[steps] = kind;
        pcs[steps] = pc;
    }

    /** Says that the last step gave so many Java frames. */
    void end(int javaFrames) {
        frames[steps] = javaFrames;
        steps = Math.min(steps + 1, MAX_STEPS - 1);
    }

    /** One line an attempt, one a step. */
    String text() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < attempts; i++) {
            text.append(String.format(
                    Locale.ROOT,
                    "    attempt %.3f ms after the sample, %d classes unloaded%n",
                    (began[i] - sampleNanos) / NANOS_PER_MILLI,
                    unloaded[i]));
        }
        for (int i = 0; i < steps; i++) {
            text.append(String.format(
                    Locale.ROOT,
                    "    step %s pc=%x frames=%d %x %x %x%n",
                    kinds[i],
                    pcs[i],
                    frames[i],
                    first[i],
                    second[i],
                    third[i]));
        }
        return text.toString();
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.it.program;

import java.lang.StackWalker.Option;
import java.lang.StackWalker.StackFrame;
import java.util.List;
import java.util.Set;

/**
 * Calls in every way that Java has, ends in an allocation of a size of its own, and prints what Java itself says of the
 * stack at that point: a line {@code frame}, with tabs between size, {@code hidden} or {@code shown}, class, method,
 * descriptor and the text of a stack trace. What {@link Throwable} leaves out is hidden. Each way comes twice: new, and
 * when its code has been compiled.
 */
public final class JavaTraces {
    /** Bytes of the first block; each has {@link #STEP} more than the one before. */
    public static final long FIRST_SIZE = 500_003;

    public static final long STEP = 16;
    public static final int ROUNDS = 2;

    /** Blocks of each size, from the same stack. */
    private static final int TIMES = 4;

    private static final long PAUSE_MILLIS = 25;
    private static final long SMALL = 16;
    private static final int WARM_UP = 12_000;
    /** A frame's descriptor is kept with its class reference only, since JDK 24. */
    private static final StackWalker ALL =
            StackWalker.getInstance(Set.of(Option.SHOW_HIDDEN_FRAMES, Option.RETAIN_CLASS_REFERENCE));

    private JavaTraces() {}

    /** One way to {@link #leaf}. */
    @FunctionalInterface
    interface Way {
        void go(long size) throws Throwable;
    }

    public static void main(String[] args) throws Throwable {
        NativeBlocks.awaitTracing();
        List<Way> ways = CallKinds.all();
        long size = FIRST_SIZE;
        for (int round = 0; round < ROUNDS; round++) {
            for (Way way : ways) {
                for (int i = 0; i < round * WARM_UP; i++) {
                    way.go(SMALL);
                }
                way.go(size);
                size += STEP;
            }
        }
        System.out.println("stacks=" + (size - FIRST_SIZE) / STEP);
    }

    /** The trace is taken in the line that allocates. */
    static void leaf(long size) {
        for (int time = size == SMALL ? TIMES - 1 : 0; time < TIMES; time++) {
            note(size, time, new Throwable(), NativeBlocks.allocate(AllocatorFunction.MALLOC, size));
        }
    }

    private static void note(long size, int time, Throwable trace, long block) {
        if (size == SMALL) {
            NativeBlocks.release(AllocatorFunction.MALLOC, block, size);
            return;
        }
        if (time == 0) {
            print(size, trace.getStackTrace());
        }
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void print(long size, StackTraceElement[] shown) {
        List<StackFrame> all = ALL.walk(frames ->
                frames.dropWhile(frame -> !frame.getMethodName().equals("leaf")).toList());
        int next = 0;
        for (StackFrame frame : all) {
            StackTraceElement element = frame.toStackTraceElement();
            boolean isShown = next < shown.length && element.equals(shown[next]);
            next += isShown ? 1 : 0;
            System.out.println(String.join(
                    "\t",
                    "frame",
                    Long.toString(size),
                    isShown ? "shown" : "hidden",
                    frame.getClassName(),
                    frame.getMethodName(),
                    frame.getDescriptor(),
                    Integer.toString(element.getLineNumber()),
                    withoutModule(element)));
        }
        if (next != shown.length) {
            throw new IllegalStateException("not among all frames: " + shown[next]);
        }
    }

    private static String withoutModule(StackTraceElement element) {
        return new StackTraceElement(
                        element.getClassName(), element.getMethodName(), element.getFileName(), element.getLineNumber())
                .toString();
    }
}

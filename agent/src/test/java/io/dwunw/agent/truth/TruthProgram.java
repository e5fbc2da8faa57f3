// SPDX-License-Identifier: MIT
package io.dwunw.agent.truth;

import io.dwunw.agent.stack.FrameBuffer;
import io.dwunw.agent.stack.StackState;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Takes samples at the end of random stacks, walks each at once, and compares; as many as are asked for, without those
 * whose walk came late; more while a busy machine has not yet compiled what the property {@value #KINDS} demands.
 * Arguments: the snapshot library, the number of samples, the greatest depth, the seed, and perhaps a class with more
 * ways of calling. Prints one line {@code RESULT …}; ends with 0 only if no stack was wrong.
 */
final class TruthProgram {
    /** Kinds of frames that must be met, see {@link Walked#kinds}. */
    static final String KINDS = "truth.kinds";

    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(90);
    private static final int MAX_REPORTS = 5;

    private TruthProgram() {}

    public static void main(String[] arguments) throws Throwable {
        Leaf.load(arguments[0]);
        int samples = Integer.parseInt(arguments[1]);
        int maxDepth = Integer.parseInt(arguments[2]);
        long seed = Long.parseLong(arguments[3]);
        String calls = arguments.length > 4 ? arguments[4] : "";
        boolean virtual = calls.endsWith("VirtualSteps");
        Walked walked = new Walked();
        Comparison comparison = new Comparison(calls.endsWith("ChangingCalls"));
        ByteBuffer record = Walked.newRecord();
        Descent descent = new Descent(seed, steps(calls), record);
        NativeTruth natives = new NativeTruth(walked.names());
        int nativeMismatches = 0;
        int late = 0;
        String[] kinds = System.getProperty(KINDS, "").split(" ");
        long patience = System.nanoTime() + PATIENCE_NANOS;
        for (int i = 0; i < samples + late || (!walked.haveMet(kinds) && System.nanoTime() - patience < 0); i++) {
            Truth truth = virtual ? sampleOnVirtualThread(descent, maxDepth) : sample(descent, maxDepth);
            FrameBuffer stack = walked.walk(record);
            StackState state = stack.state();
            List<Walked.JavaFrame> frames = walked.javaFrames();
            if (virtual) {
                comparison.compareVirtual(state, frames, truth.frames(), truth.visible());
            } else if (descent.endedInForeignLeaf()) {
                comparison.compareBelowUpcall(state, frames, truth.frames(), truth.visible());
            } else {
                comparison.compare(state, frames, truth.frames(), truth.visible());
            }
            // On a busy machine a walk may come too late to believe all code: then there is another sample.
            late += walked.late() && state == StackState.CODE_REPLACED && late < samples ? 1 : 0;
            String difference = natives.difference(stack, truth.frames(), descent.endedInForeignLeaf(), !virtual);
            if (difference != null && ++nativeMismatches <= MAX_REPORTS) {
                System.out.println("WRONG native part: " + difference);
            }
        }
        System.out.println(comparison.result() + " late=" + late + " nativeFrames=" + natives.compared()
                + " nativeMismatches=" + nativeMismatches + " " + walked.kinds());
        if (comparison.wrong() != 0 || nativeMismatches != 0) {
            System.exit(1);
        }
    }

    /** Those of every JDK, and those of a class that only a later JDK can compile. */
    private static Step[] steps(String more) throws ReflectiveOperationException {
        Step[] common = Calls.all();
        if (more.isEmpty()) {
            return common;
        }
        Step[] added = (Step[]) Class.forName(more).getDeclaredMethod("all").invoke(null);
        Step[] all = Arrays.copyOf(common, common.length + added.length);
        System.arraycopy(added, 0, all, common.length, added.length);
        return all;
    }

    private static Truth sample(Descent descent, int maxDepth) throws Throwable {
        descent.sample(maxDepth);
        return Truth.current();
    }

    private static Truth sampleOnVirtualThread(Descent descent, int maxDepth) throws Throwable {
        AtomicReference<Object> result = new AtomicReference<>("nothing");
        Runnable body = () -> {
            try {
                result.set(sample(descent, maxDepth));
            } catch (Throwable e) {
                result.set(e);
            }
        };
        Thread thread = (Thread)
                Thread.class.getMethod("startVirtualThread", Runnable.class).invoke(null, body);
        thread.join();
        if (result.get() instanceof Truth truth) {
            return truth;
        }
        throw new IllegalStateException("no sample: " + result.get());
    }
}

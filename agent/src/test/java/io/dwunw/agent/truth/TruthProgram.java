package io.dwunw.agent.truth;

import io.dwunw.agent.stack.FrameBuffer;
import java.nio.ByteBuffer;

/**
 * Takes samples at the end of random stacks, walks each at once, and compares. Arguments: the snapshot library, the number of
 * samples, the greatest depth, the seed. Prints one line {@code RESULT …}; ends with 0 only if no stack was wrong.
 */
final class TruthProgram {
    private static final int NATIVE_LAYERS = 4;

    private TruthProgram() {}

    public static void main(String[] arguments) throws Throwable {
        Leaf.load(arguments[0]);
        int samples = Integer.parseInt(arguments[1]);
        int maxDepth = Integer.parseInt(arguments[2]);
        long seed = Long.parseLong(arguments[3]);
        Walked walked = new Walked();
        Comparison comparison = new Comparison();
        ByteBuffer record = Walked.newRecord();
        Descent descent = new Descent(seed, Calls.all(), record);
        int nativeMismatches = 0;
        for (int i = 0; i < samples; i++) {
            descent.sample(maxDepth);
            Truth truth = Truth.current();
            FrameBuffer frames = walked.walk(record);
            comparison.compare(frames.state(), walked.javaFrames(), truth.frames(), truth.visible());
            if (walked.leadingNativeFrames() != NATIVE_LAYERS) {
                nativeMismatches++;
            }
        }
        System.out.println(comparison.result() + " nativeMismatches=" + nativeMismatches);
        if (comparison.wrong() != 0 || nativeMismatches != 0) {
            System.exit(1);
        }
    }
}

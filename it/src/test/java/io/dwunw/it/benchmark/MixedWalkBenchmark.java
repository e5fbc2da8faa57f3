// SPDX-License-Identifier: MIT
package io.dwunw.it.benchmark;

import io.dwunw.agent.golden.WarmWalk;
import io.dwunw.agent.hotspot.JavaFramesUnavailableException;
import io.dwunw.agent.stack.FrameBuffer;
import io.dwunw.agent.stack.StackTrace;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Warm: a recorded stack of 43 frames (JDK 25: 44) through the interpreter, C1, C2 with inlined frames, and native code
 * in three places. Aim: 0 B/op.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 4, time = 1)
@Fork(1)
public class MixedWalkBenchmark {
    private static final int FEWEST_FRAMES = 40;

    /** The JDK that the stack was recorded in. */
    @Param({"17", "21", "25"})
    private int recordedIn;

    @SuppressWarnings("NullAway.Init") // by open()
    private WarmWalk walk;

    @Setup
    public void open() throws IOException, JavaFramesUnavailableException {
        walk = WarmWalk.of(recordedIn, "mixed");
        if (!walk.walk().state().complete() || walk.walk().count() < FEWEST_FRAMES) {
            throw new IllegalStateException("not the stack that is to be measured");
        }
    }

    @Benchmark
    public FrameBuffer walk() {
        return walk.walk();
    }

    /** What the agent does for a stack that it knows. */
    @Benchmark
    public StackTrace walkAndRecognise() {
        return walk.walkAndIntern();
    }

    @Benchmark
    public int walkAndNameEveryFrame() {
        return walk.walkAndName();
    }
}

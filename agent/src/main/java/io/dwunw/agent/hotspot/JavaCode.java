// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

import io.dwunw.arch.RegisterSet;
import io.dwunw.memory.StackMemory;

/**
 * The JVM's generated code, as a walk of one stack sees it. A walk starts with {@link #begin}, then steps. Hot, not
 * thread-safe; allocates nothing for code that was seen before.
 */
public interface JavaCode {
    /**
     * The {@linkplain #stubName name} of a placeholder: it stands for the frames of a virtual thread that are in the
     * heap.
     */
    String FROZEN_FRAMES = "older frames of the virtual thread";

    /**
     * A new walk starts. Notices what has been unloaded since the last one.
     *
     * @param sampleNanos when the stack was copied, on the clock of {@link System#nanoTime()}
     */
    void begin(long sampleNanos);

    /**
     * Whether nothing has gone away since {@link #begin} that the steps may have read meanwhile; otherwise what they
     * found may be of something else, and the walk has to be made again. To be asked when a walk has ended.
     */
    boolean undisturbed();

    /**
     * To be called while nothing is walked: notes which code there is, for stacks to come.
     *
     * @return whether it is enough to call again after some ten milliseconds, because nothing has gone away lately;
     *     else
     *     it should be after a few
     */
    boolean idle();

    /** Whether the address lies in the part of the process where generated code lives. */
    boolean contains(long pc);

    /**
     * Hands the Java frames (several, if calls were inlined) of one physical frame to {@code sink} and turns
     * {@code registers} into the caller's. On anything but {@link JavaStep#STEPPED} the registers are untouched.
     *
     * @param returnAddress whether the pc is a return address; false after a signal frame
     */
    JavaStep step(RegisterSet registers, StackMemory stack, boolean returnAddress, JavaFrameSink sink);

    /**
     * The frame anchor (HotSpot's {@code JavaFrameAnchor}) that the way from Java to native code below the last step's
     * frame left on the stack: where the native code at hand was entered from Java. 0 if the last step met none.
     */
    long savedAnchorSp();

    /** The pc that goes with {@link #savedAnchorSp()}; 0 if it lies just below that stack pointer. */
    long savedAnchorPc();

    /** The frame pointer that goes with {@link #savedAnchorSp()}; 0 if it was not saved. */
    long savedAnchorFp();

    /** Whether a step of this walk met a method that is gone, so that its frame names none. */
    boolean metGoneMethod();

    /** Whether a step of this walk had to search for the caller's frame. */
    boolean searched();

    /** Whether a step of this walk could tell a compiled method, but not the methods inlined into it. */
    boolean missedInlined();

    /** Whether this walk came across a virtual thread whose older frames are in the heap. */
    boolean metFrozenFrames();

    /** A method of a frame; id 0 and unknown ids give {@link JavaMethod#UNKNOWN}. Cold. */
    JavaMethod method(int methodId);

    /** The name that HotSpot gives to a piece of its own code. Cold. */
    String stubName(int stubId);
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.stack;

import io.dwunw.unwind.StopReason;

/** State in which the walk of a stack ended. Frames that were found are right whatever the state says. */
public enum StackState {
    /** Up to the thread's outermost frame. */
    COMPLETE("complete"),
    /** The walk met Java code, and this JVM's Java frames cannot be read. */
    JAVA_UNAVAILABLE("ends at Java code: Java frames are not available"),
    NO_MODULE("ends at an address outside every module"),
    /** What lies there now was not there, or may not have been, when the stack was copied. */
    LIBRARY_GONE("ends in a library that has been unloaded or replaced since"),
    NO_IMAGE("ends in a module whose file cannot be read"),
    NO_CFI("ends in code without unwind information"),
    BAD_CFI("ends in code with damaged unwind information"),
    /** More stack is in use than was copied; the frames that are missing are the outermost. */
    STACK_CUT("ends where the copied part of the stack ends"),
    LOST_REGISTER("ends where a needed register was lost"),
    NO_PROGRESS("ends where frames would run in circles"),
    MAX_FRAMES("ends at the frame limit"),
    /** On a stack of its own, which native code has switched to. */
    BEFORE_JAVA("ends before the Java code that called it"),
    /** A pc in the code cache where there is no code now: it was freed before the sample was read. */
    CODE_FREED("ends at Java code that has been freed since"),
    /** Java code is there, but what lies on the stack does not fit it. */
    CODE_REPLACED("ends at Java code that does not fit the stack"),
    /** To the outermost frame by way of the JVM's own notes; a gap frame stands for what is missing. */
    SKIPPED_UNKNOWN("incomplete: callers of code outside every module are missing, up to the next Java frame"),
    SKIPPED_GONE("incomplete: callers in a library that has been unloaded or replaced since are missing,"
            + " up to the next Java frame"),
    SKIPPED_NATIVE(
            "incomplete: callers of code without usable unwind information are missing, up to the next Java frame"),
    /** Complete to the outermost frame, but a method in between has been unloaded or redefined since. */
    METHOD_GONE("complete, but a method has been unloaded or redefined since"),
    /** A frame was found by searching the stack: frames may be missing. */
    SEARCHED("complete, but a frame was found by search and others may be missing"),
    /** Complete to the outermost frame, but at a call that the compiler did not describe. */
    INLINED_UNKNOWN("complete, but methods inlined into one frame could not be told"),
    /**
     * To the carrier thread's outermost frame, but a frame stands in for those of the virtual thread that are in the
     * heap.
     */
    FROZEN_FRAMES("incomplete: older frames of the virtual thread are in the Java heap"),
    /** There was no room for the stack where samples wait; a single frame stands in for all of them. */
    NOT_RECORDED("not recorded: samples came faster than they could be taken in");

    private final String text;

    StackState(String text) {
        this.text = text;
    }

    /** For people, as in the events' field {@code stackState}. */
    public String text() {
        return text;
    }

    /** Whether every frame from the innermost to the outermost is there and known. */
    public boolean complete() {
        return this == COMPLETE;
    }

    /** @throws IllegalArgumentException for {@link StopReason#STEPPED}, which is not an end */
    static StackState of(StopReason reason) {
        return switch (reason) {
            case STEPPED -> throw new IllegalArgumentException("not an end");
            case END_OF_STACK -> COMPLETE;
            case NO_MODULE -> NO_MODULE;
            case NO_IMAGE -> NO_IMAGE;
            case NO_CFI -> NO_CFI;
            case BAD_CFI -> BAD_CFI;
            case STACK_CUT -> STACK_CUT;
            case LOST_REGISTER -> LOST_REGISTER;
            case NO_PROGRESS -> NO_PROGRESS;
            case MAX_FRAMES -> MAX_FRAMES;
        };
    }
}

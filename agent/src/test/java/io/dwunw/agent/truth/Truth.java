// SPDX-License-Identifier: MIT
package io.dwunw.agent.truth;

import java.lang.StackWalker.Option;
import java.lang.StackWalker.StackFrame;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Stack of a native leaf, as Java says it is. Written by the leaf's callback, on the thread that then reads it. */
public final class Truth {
    // A frame's descriptor is kept with its class reference only, since JDK 24.
    private static final StackWalker ALL =
            StackWalker.getInstance(Set.of(Option.SHOW_HIDDEN_FRAMES, Option.RETAIN_CLASS_REFERENCE));
    private static final ThreadLocal<Truth> CURRENT = ThreadLocal.withInitial(Truth::new);

    /** One frame; {@code hidden} is whether a {@link Throwable} made at the same point leaves it out. */
    record Frame(String className, String methodName, String descriptor, int bci, int line, boolean isNative) {}

    private Truth() {}

    private List<Frame> frames = List.of();
    private StackTraceElement[] visible = {};

    static Truth current() {
        return CURRENT.get();
    }

    /** Called by native code at the leaf. */
    public static void record() {
        Truth truth = CURRENT.get();
        truth.visible = new Throwable().getStackTrace();
        List<Frame> seen = new ArrayList<>();
        ALL.forEach(frame -> seen.add(of(frame)));
        truth.frames = seen;
    }

    private static Frame of(StackFrame frame) {
        return new Frame(
                frame.getClassName(),
                frame.getMethodName(),
                frame.getDescriptor(),
                frame.getByteCodeIndex(),
                frame.getLineNumber(),
                frame.isNativeMethod());
    }

    /** All frames from the native leaf outwards, hidden ones too. */
    List<Frame> frames() {
        return frames.subList(1, frames.size());
    }

    /** What a {@link Throwable} made at the same point shows, from the native leaf outwards. */
    List<StackTraceElement> visible() {
        return List.of(visible).subList(1, visible.length);
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.truth;

import io.dwunw.agent.stack.FrameBuffer;
import io.dwunw.agent.stack.FrameResolver;
import io.dwunw.agent.stack.PackedFrame;
import io.dwunw.agent.stack.StackState;
import io.dwunw.jfr.FrameName;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Native functions that a walked stack must consist of, known by construction, and compared by name. */
final class NativeTruth {
    private static final String LIBRARY = "libtruth";
    private static final String JNI_PREFIX = "Java_" + Leaf.class.getName().replace('.', '_') + "_";
    private static final List<String> BELOW_JNI = List.of("snapshot_entry", "truth_leaf", "truth_middle");
    private static final List<String> BELOW_FOREIGN = List.of("snapshot_entry", "truth_foreign_leaf");
    private static final String CALL_BACK = "callBack";
    private static final String UPCALL = "upcall";
    /** Further out than the outermost Java frame of the main thread. */
    private static final List<String> ABOVE_MAIN = List.of("libjvm", "libjli", "libc");

    /** Walks that led to the thread's outermost frame. */
    private static final Set<StackState> ENDS = EnumSet.of(
            StackState.COMPLETE,
            StackState.METHOD_GONE,
            StackState.SEARCHED,
            StackState.INLINED_UNKNOWN,
            StackState.FROZEN_FRAMES);

    private final FrameResolver names;
    private long compared;

    NativeTruth(FrameResolver names) {
        this.names = names;
    }

    /** Native frames that were compared so far. */
    long compared() {
        return compared;
    }

    /**
     * What is wrong with the native part of a stack; null if nothing is.
     *
     * @param truth the Java frames from the leaf outwards, and perhaps those of an upcall inside it
     * @param foreign whether the leaf is a foreign function rather than a native method
     * @param onMainThread whether the stack ends in the launcher's main thread
     */
    @Nullable
    String difference(FrameBuffer walked, List<Truth.Frame> truth, boolean foreign, boolean onMainThread) {
        List<FrameName> frames = new ArrayList<>();
        for (int i = 0; i < walked.count(); i++) {
            frames.add(names.name(walked.frame(i)));
            compared += PackedFrame.kind(walked.frame(i)) == PackedFrame.Kind.NATIVE ? 1 : 0;
        }
        List<String> innermost = new ArrayList<>(foreign ? BELOW_FOREIGN : BELOW_JNI);
        if (!foreign) {
            innermost.add(JNI_PREFIX + truth.get(0).methodName());
        }
        List<String> ours = new ArrayList<>(innermost);
        for (Truth.Frame frame : truth) {
            if (frame.isNative() && frame.methodName().equals(CALL_BACK)) {
                ours.add(JNI_PREFIX + CALL_BACK);
            } else if (frame.className().endsWith("ForeignCalls")
                    && frame.methodName().equals(UPCALL)) {
                ours.add("truth_foreign_call");
            }
        }
        List<String> found = frames.stream()
                .filter(frame -> frame.className().equals(LIBRARY))
                .map(FrameName::methodName)
                .toList();
        boolean toTheEnd = ENDS.contains(walked.state());
        if (toTheEnd ? !found.equals(ours) : !startsWith(ours, found)) {
            return "functions " + found + " instead of " + ours;
        }
        for (int i = 0; i < innermost.size(); i++) {
            if (!frames.get(i).className().equals(LIBRARY)) {
                return "frame " + i + " is " + frames.get(i) + " instead of " + innermost.get(i);
            }
        }
        String neighbours = neighbourDifference(walked, frames, innermost.size());
        return neighbours != null || !onMainThread || !toTheEnd ? neighbours : outermostDifference(walked, frames);
    }

    private static boolean startsWith(List<String> whole, List<String> part) {
        return part.size() <= whole.size() && whole.subList(0, part.size()).equals(part);
    }

    /** Each native method's frame has its own function's on its inner side. */
    private static @Nullable String neighbourDifference(FrameBuffer walked, List<FrameName> frames, int from) {
        for (int i = from; i < frames.size(); i++) {
            boolean entered = PackedFrame.kind(walked.frame(i)) == PackedFrame.Kind.JAVA
                    && PackedFrame.kind(walked.frame(i - 1)) == PackedFrame.Kind.NATIVE;
            FrameName function = frames.get(i - 1);
            FrameName method = frames.get(i);
            if (entered && method.line() == -2 && !isFunctionOf(method, function)) {
                return function.text() + " inside " + method.text();
            }
        }
        return null;
    }

    /** A native method is implemented by the function of its mangled name, or was registered by the JVM itself. */
    private static boolean isFunctionOf(FrameName method, FrameName function) {
        String mangled = "Java_" + mangled(method.className()) + "_" + mangled(method.methodName());
        return function.className().equals("libjvm") || function.methodName().equals(mangled);
    }

    /** JNI specification, "Resolving Native Method Names". */
    private static String mangled(String name) {
        return name.replace("_", "_1").replace(".", "_").replace("$", "_00024");
    }

    private static @Nullable String outermostDifference(FrameBuffer walked, List<FrameName> frames) {
        int last = frames.size() - 1;
        List<String> libraries = new ArrayList<>();
        for (int i = last; i >= 0 && PackedFrame.kind(walked.frame(i)) == PackedFrame.Kind.NATIVE; i--) {
            String library = frames.get(i).className();
            if (libraries.isEmpty() || !libraries.get(0).equals(library)) {
                libraries.add(0, library);
            }
        }
        return libraries.equals(ABOVE_MAIN) ? null : "begins in " + libraries + " instead of " + ABOVE_MAIN;
    }
}

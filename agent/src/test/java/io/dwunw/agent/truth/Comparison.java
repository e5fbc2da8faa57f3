// SPDX-License-Identifier: MIT
package io.dwunw.agent.truth;

import io.dwunw.agent.hotspot.JavaMethod;
import io.dwunw.agent.stack.StackState;
import io.dwunw.agent.truth.Walked.JavaFrame;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Compares walked stacks with the truth, frame by frame, and counts. */
final class Comparison {
    private static final int MAX_REPORTS = 5;
    private static final int MAX_UPCALL_FRAMES = 16;

    private final Map<StackState, Integer> states = new EnumMap<>(StackState.class);
    /** Whether methods may be obsolete: Java itself gives no lines for those. */
    private final boolean obsoleteMethods;

    private int samples;
    private int exact;
    private int honest;
    private int wrong;
    private long javaFrames;
    private int reports;
    private int frozen;

    Comparison() {
        this(false);
    }

    /** @param obsoleteMethods whether classes are replaced while their methods are on the stack */
    Comparison(boolean obsoleteMethods) {
        this.obsoleteMethods = obsoleteMethods;
    }

    /** Compares a stack whose truth was recorded by an upcall, whose own frames the truth has on top. */
    void compareBelowUpcall(
            StackState state, List<JavaFrame> walked, List<Truth.Frame> truth, List<StackTraceElement> visible) {
        int extra = truth.size() - walked.size();
        boolean plausible = state.complete() && extra >= 0 && extra <= MAX_UPCALL_FRAMES;
        compare(state, walked, plausible ? truth.subList(extra, truth.size()) : truth, visible);
    }

    /** Compares a stack of a virtual thread. */
    void compareVirtual(
            StackState state, List<JavaFrame> walked, List<Truth.Frame> truth, List<StackTraceElement> visible) {
        int mount = 0;
        while (mount < walked.size() && !walked.get(mount).mountsVirtualThread()) {
            mount++;
        }
        boolean mounted = mount < walked.size();
        if (state == StackState.FROZEN_FRAMES && mounted && mount <= truth.size()) {
            compare(state, walked.subList(0, mount), truth.subList(0, mount), visible);
            frozen++;
        } else {
            compare(state, mounted ? walked.subList(0, mount) : walked, truth, visible);
        }
    }

    /** A stack is exact, or honestly incomplete (its state says so and the frames it has are right), or wrong. */
    void compare(StackState state, List<JavaFrame> walked, List<Truth.Frame> truth, List<StackTraceElement> visible) {
        samples++;
        states.merge(state, 1, Integer::sum);
        javaFrames += walked.size();
        String difference = difference(state, walked, truth);
        if (difference == null && state.complete()) {
            difference = visibleDifference(walked, visible);
        }
        if (difference != null) {
            wrong++;
            report(difference + ", state " + state, walked, truth);
        } else if (state.complete()) {
            exact++;
        } else {
            honest++;
        }
    }

    private @Nullable String difference(StackState state, List<JavaFrame> walked, List<Truth.Frame> truth) {
        boolean gaps = state == StackState.FROZEN_FRAMES
                || state == StackState.SEARCHED
                || state == StackState.INLINED_UNKNOWN;
        if (gaps) {
            return subsequenceDifference(walked, truth);
        }
        int common = Math.min(walked.size(), truth.size());
        for (int i = 0; i < common; i++) {
            if (!same(walked.get(i), truth.get(i))) {
                return "frame " + i;
            }
        }
        boolean toTheEnd = state.complete() || state == StackState.METHOD_GONE;
        if (walked.size() > truth.size() || (toTheEnd && walked.size() < truth.size())) {
            return walked.size() + " frames instead of " + truth.size();
        }
        return null;
    }

    private @Nullable String subsequenceDifference(List<JavaFrame> walked, List<Truth.Frame> truth) {
        int at = 0;
        for (JavaFrame frame : walked) {
            while (at < truth.size() && !same(frame, truth.get(at))) {
                at++;
            }
            if (at == truth.size()) {
                return "frame that is not there: " + text(frame);
            }
            at++;
        }
        return null;
    }

    private boolean same(JavaFrame walked, Truth.Frame truth) {
        if (walked.isUnknown()) {
            return true;
        }
        JavaMethod method = walked.method();
        boolean sameMethod = method.className().equals(truth.className())
                && method.methodName().equals(truth.methodName())
                && method.descriptor().equals(truth.descriptor());
        if (!sameMethod || walked.approximate() || truth.isNative()) {
            return sameMethod && method.isNative() == truth.isNative();
        }
        return walked.bci() == truth.bci() && sameLine(method.line(walked.bci()), truth.line());
    }

    private boolean sameLine(int walked, int truth) {
        return walked == truth || (truth <= 0 && (walked <= 0 || obsoleteMethods));
    }

    /** What is left without hidden frames must be what an exception shows. */
    private @Nullable String visibleDifference(List<JavaFrame> walked, List<StackTraceElement> visible) {
        int at = 0;
        for (JavaFrame frame : walked) {
            JavaMethod method = frame.method();
            if (method.hidden()) {
                continue;
            }
            if (at == visible.size()) {
                return "not hidden: " + text(frame);
            }
            StackTraceElement element = visible.get(at++);
            boolean same = element.getClassName().equals(method.className())
                    && element.getMethodName().equals(method.methodName())
                    && (frame.approximate() || sameLine(method.line(frame.bci()), element.getLineNumber()));
            String file = element.getFileName();
            boolean sameFile =
                    file == null ? method.sourceFile().isEmpty() || obsoleteMethods : file.equals(method.sourceFile());
            if (!same || !sameFile) {
                return "shown as " + text(frame) + " instead of " + element;
            }
        }
        return at == visible.size() ? null : "hidden: " + visible.get(at);
    }

    private static String text(JavaFrame frame) {
        return frame.method().text(frame.bci()) + "@" + frame.bci() + (frame.approximate() ? "~" : "");
    }

    private void report(String difference, List<JavaFrame> walked, List<Truth.Frame> truth) {
        if (reports++ >= MAX_REPORTS) {
            return;
        }
        System.out.println("WRONG " + difference);
        for (int i = 0; i < Math.max(walked.size(), truth.size()); i++) {
            String found = i < walked.size() ? text(walked.get(i)) : "-";
            String real = i < truth.size() ? truth.get(i).toString() : "-";
            System.out.println("  " + i + " " + found + "  |  " + real);
        }
    }

    int wrong() {
        return wrong;
    }

    /** One line for the test that started this program. */
    String result() {
        return "RESULT samples=" + samples + " exact=" + exact + " honest=" + honest + " wrong=" + wrong + " frozen="
                + frozen + " javaFrames=" + javaFrames + " states=" + states;
    }
}

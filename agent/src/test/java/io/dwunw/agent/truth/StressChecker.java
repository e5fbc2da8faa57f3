// SPDX-License-Identifier: MIT
package io.dwunw.agent.truth;

import io.dwunw.agent.ringbuf.SampleHandler;
import io.dwunw.agent.sample.Sample;
import io.dwunw.agent.stack.FrameBuffer;
import io.dwunw.agent.stack.PackedFrame;
import io.dwunw.agent.stack.StackState;
import io.dwunw.agent.truth.Tickets.Ticket;
import io.dwunw.agent.truth.Walked.JavaFrame;
import io.dwunw.jfr.FrameName;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Walks samples of a program under stress, and compares those that carry a ticket with the whole stack that Java has
 * seen at the same point. The others must at least be possible: a class that was made up on the way has only its own
 * methods, and no stack of ours begins in the middle.
 */
final class StressChecker implements SampleHandler {
    private static final int MAX_REPORTS = 8;
    /**
     * Code that was in use so long ago is still there; beyond that it depends on what the machine had time to look at.
     */
    private static final long FRESH_NANOS = 5_000_000;

    private static final String PACKAGE = Leaf.class.getPackageName() + ".";
    private static final String LEAF = "Java_" + Leaf.class.getName().replace('.', '_') + "_allocate";
    private static final Pattern THROWAWAY = Pattern.compile(PACKAGE.replace(".", "\\.") + "Throwaway(\\d{5})");
    private static final Pattern OUTERMOST = Pattern.compile("main|run|lambda\\$.*");

    private final Walked walked;
    private final Tickets tickets;
    private final Map<StackState, Integer> ticketed = new EnumMap<>(StackState.class);
    /** Those that were walked while compiled code could not have been freed yet. */
    private final Map<StackState, Integer> fresh = new EnumMap<>(StackState.class);

    private final Map<StackState, Integer> others = new EnumMap<>(StackState.class);
    private long frames;
    private int wrong;

    StressChecker(Walked walked, Tickets tickets) {
        this.walked = walked;
        this.tickets = tickets;
    }

    @Override
    public void onSample(Sample sample) {
        if (!sample.isAllocation()) {
            return;
        }
        long age = System.nanoTime() - sample.timeNanos();
        FrameBuffer stack = walked.walk(sample);
        StackState state = stack.state();
        Ticket ticket = tickets.of(sample.size(), sample.timeNanos());
        List<JavaFrame> found = walked.javaFrames();
        frames += stack.count();
        boolean ours = ticket != null
                && !found.isEmpty()
                && found.get(0).method().className().equals(Leaf.class.getName());
        (ours ? ticketed : others).merge(state, 1, Integer::sum);
        if (System.nanoTime() - sample.timeNanos() <= FRESH_NANOS) {
            fresh.merge(state, 1, Integer::sum);
        }
        String difference = impossible(state, found);
        if (difference == null && ours && ticket != null) {
            difference = difference(stack, state, found, ticket.trace());
        }
        if (difference != null) {
            wrong++;
            report(
                    difference + ", " + age / 1_000_000 + " ms old",
                    state,
                    stack,
                    ours && ticket != null ? ticket.trace() : List.of());
        }
    }

    /** What cannot be on any stack of this program. */
    private static @Nullable String impossible(StackState state, List<JavaFrame> found) {
        for (int i = 0; i < found.size(); i++) {
            Matcher throwaway = THROWAWAY.matcher(found.get(i).method().className());
            if (throwaway.matches()) {
                String method = found.get(i).method().methodName();
                boolean inner = method.equals("method" + throwaway.group(1));
                if (!inner && !method.equals("go") && !method.equals("<init>")) {
                    return "frame " + i + " mixes classes";
                }
                JavaFrame caller = i + 1 < found.size() ? found.get(i + 1) : null;
                if (inner
                        && caller != null
                        && !caller.isUnknown()
                        && !caller.method()
                                .className()
                                .equals(found.get(i).method().className())) {
                    return "frame " + i + " has another class's caller";
                }
            }
        }
        JavaFrame last = found.isEmpty() ? null : found.get(found.size() - 1);
        boolean begins = last == null
                || state != StackState.COMPLETE
                || !last.method().className().startsWith(PACKAGE)
                || OUTERMOST.matcher(last.method().methodName()).matches();
        return begins ? null : "begins in the middle";
    }

    private @Nullable String difference(
            FrameBuffer stack, StackState state, List<JavaFrame> found, List<StackTraceElement> truth) {
        int at = PackedFrame.kind(stack.frame(0)) == PackedFrame.Kind.ALLOCATOR ? 1 : 0;
        FrameName leaf = walked.names().name(stack.frame(at));
        if (!leaf.methodName().equals(LEAF) || PackedFrame.kind(stack.frame(at + 1)) == PackedFrame.Kind.NATIVE) {
            return "native part " + leaf.text();
        }
        int end = 1;
        while (end < found.size() && !found.get(end).mountsVirtualThread()) {
            end++;
        }
        return StressMatch.difference(state, found.subList(1, end), truth);
    }

    private void report(String difference, StackState state, FrameBuffer stack, List<StackTraceElement> truth) {
        if (wrong > MAX_REPORTS) {
            return;
        }
        System.out.println("WRONG " + difference + ", state " + state);
        System.out.print(walked.trace());
        walked.javaFrames()
                .forEach(frame -> System.out.println("   = " + frame.method().className() + "."
                        + frame.method().methodName() + "@" + frame.bci()));
        for (int i = 0; i < stack.count(); i++) {
            System.out.println("    " + walked.names().name(stack.frame(i)).text());
        }
        for (StackTraceElement element : truth) {
            System.out.println("  | " + element);
        }
    }

    int wrong() {
        return wrong;
    }

    /** For the test that started the program. */
    String result() {
        Map<StackState, Integer> all = new EnumMap<>(ticketed);
        others.forEach((state, count) -> all.merge(state, count, Integer::sum));
        int samples = all.values().stream().mapToInt(count -> count).sum();
        int compared = ticketed.values().stream().mapToInt(count -> count).sum();
        int inTime = fresh.values().stream().mapToInt(count -> count).sum();
        return "STATES of all " + all + ", compared " + ticketed + ", fresh " + fresh + "\nRESULT samples=" + samples
                + " compared=" + compared + " wrong=" + wrong + " frames=" + frames + " fresh=" + inTime
                + " freshComplete=" + fresh.getOrDefault(StackState.COMPLETE, 0) + " freshFrozen="
                + fresh.getOrDefault(StackState.FROZEN_FRAMES, 0) + " freshGone="
                + fresh.getOrDefault(StackState.METHOD_GONE, 0);
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.sidecar;

import io.dwunw.agent.budget.HeapShare;
import io.dwunw.agent.stack.FrameResolver;
import io.dwunw.agent.stack.StackTrace;
import io.dwunw.jfr.FrameName;
import io.dwunw.jfr.ReplayableStack;
import io.dwunw.jfr.StackReplay;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/** Names a distinct stack once, in the form that events carry. The least recently used are forgotten. */
final class NamedStackCache implements ToLongFunction<StackTrace> {
    private static final int MAX_STACKS = 1 << 13;
    /** Of the heap, for one of 40 frames with its chain of replay. */
    private static final int STACK_BYTES = 1_500;

    /** Stacks that are made ready together: each takes up to 0.3 ms, in which no samples are taken in. */
    private static final int TOGETHER = 32;
    /** Most of them are ready. */
    private static final int LOOKED_AT = 256;

    private final int maxStacks = HeapShare.entries(MAX_STACKS, STACK_BYTES, 32);
    private final FrameResolver names;
    private final StackReplay replay;
    private final Map<StackTrace, ReplayableStack> named = new Latest<>();
    private final Map<StackTrace, Long> sites = new Latest<>();

    NamedStackCache(FrameResolver names, StackReplay replay) {
        this.names = names;
        this.replay = replay;
    }

    ReplayableStack name(StackTrace trace) {
        ReplayableStack known = named.get(trace);
        if (known == null) {
            known = replay.prepare(shown(trace));
            named.put(trace, known);
        }
        return known;
    }

    /** Names a stack and makes ready to replay it, before it is published for the first time. */
    void rehearse(StackTrace trace) {
        replay.rehearse(List.of(name(trace)));
    }

    /**
     * Makes ready to replay a stack that is about to be published, and others that soon will be: together they take far
     * fewer classes than one by one.
     *
     * @return whether it can be replayed
     */
    boolean makeReady(ReplayableStack stack, Iterator<StackTrace> upcoming) {
        if (replay.isReady(stack)) {
            return true;
        }
        if (replay.hasRoom()) {
            List<ReplayableStack> together = new ArrayList<>(TOGETHER);
            together.add(stack);
            for (int i = 0; i < LOOKED_AT && together.size() < TOGETHER && upcoming.hasNext(); i++) {
                ReplayableStack other = name(upcoming.next());
                if (!replay.isReady(other)) {
                    together.add(other);
                }
            }
            replay.rehearse(together);
        }
        return replay.isReady(stack);
    }

    /** The identity of a stack's site. */
    @Override
    public long applyAsLong(StackTrace trace) {
        Long known = sites.get(trace);
        if (known == null) {
            known = names.site(trace);
            sites.put(trace, known);
        }
        return known;
    }

    private List<FrameName> shown(StackTrace trace) {
        List<FrameName> frames = new ArrayList<>(trace.count());
        for (int i = 0; i < trace.count(); i++) {
            frames.add(names.shown(trace.frame(i)));
        }
        return frames;
    }

    @SuppressWarnings("serial") // is not
    private final class Latest<V> extends LinkedHashMap<StackTrace, V> {
        Latest() {
            super(256, 0.75f, true);
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<StackTrace, V> eldest) {
            return size() > maxStacks;
        }
    }
}

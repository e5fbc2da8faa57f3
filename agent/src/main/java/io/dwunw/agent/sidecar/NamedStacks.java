package io.dwunw.agent.sidecar;

import io.dwunw.agent.stack.FrameNames;
import io.dwunw.agent.stack.SiteHash;
import io.dwunw.agent.stack.StackTrace;
import io.dwunw.jfr.FrameName;
import io.dwunw.jfr.ReplayedStack;
import io.dwunw.jfr.StackReplay;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/** Names a distinct stack once, in the form that events carry. The least recently used are forgotten. */
final class NamedStacks implements ToLongFunction<StackTrace> {
    private static final int MAX_STACKS = 1 << 13;

    private final FrameNames names;
    private final StackReplay replay;
    private final Map<StackTrace, ReplayedStack> named = new LinkedHashMap<>(256, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<StackTrace, ReplayedStack> eldest) {
            return size() > MAX_STACKS;
        }
    };

    NamedStacks(FrameNames names, StackReplay replay) {
        this.names = names;
        this.replay = replay;
    }

    ReplayedStack name(StackTrace trace) {
        ReplayedStack known = named.get(trace);
        if (known == null) {
            known = replay.prepare(frameNames(trace));
            named.put(trace, known);
        }
        return known;
    }

    /** Names a stack and makes ready to replay it, before it is published for the first time. */
    void rehearse(StackTrace trace) {
        replay.rehearse(name(trace));
    }

    /** The hash of a stack's site. */
    @Override
    public long applyAsLong(StackTrace trace) {
        return SiteHash.of(frameNames(trace));
    }

    List<FrameName> frameNames(StackTrace trace) {
        List<FrameName> frames = new ArrayList<>(trace.count());
        for (int i = 0; i < trace.count(); i++) {
            frames.add(names.name(trace.frame(i)));
        }
        return frames;
    }
}

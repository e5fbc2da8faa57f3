// SPDX-License-Identifier: MIT
package io.dwunw.agent.sidecar;

import io.dwunw.agent.hotspot.JavaThreads;
import io.dwunw.agent.leak.LiveMemory;
import io.dwunw.agent.ringbuf.SampleHandler;
import io.dwunw.agent.ringbuf.SampleSource;
import io.dwunw.agent.sample.Sample;
import io.dwunw.agent.stack.FrameBuffer;
import io.dwunw.agent.stack.MixedStackWalker;
import io.dwunw.agent.stack.StackState;
import io.dwunw.agent.stack.StackTrace;
import io.dwunw.agent.stack.StackTraces;
import io.dwunw.jfr.WantedEvents;

/**
 * What happens to a sample while it lies in the ring: its stack is walked, the account of live memory is kept, and what
 * is to be published is handed to {@link EventQueue}. Confined to the sidecar thread.
 */
@SuppressWarnings("EnumOrdinal") // counts by state on the hot path
final class SampleProcessor implements SampleHandler {
    private final MixedStackWalker walker;
    private final FrameBuffer frames;
    private final StackTraces traces;
    private final JavaThreads threads;
    private final LiveMemory<StackTrace> live;
    private final NameWarmUp nameWarmUp;
    private final DistinctErrors errors;
    private final EventQueue waiting;
    private final ShortLivedBlocks shortLived = new ShortLivedBlocks();
    private final EventDraw draw;
    private final long[] walksByState = new long[StackState.values().length];
    private final LiveMemory.Deaths publishDeath = new LiveMemory.Deaths() {
        @Override
        public void died(long address, long size, long lifetimeNanos) {
            noteFree(address, size, lifetimeNanos);
        }
    };
    private long walks;
    private long passedOver;
    private boolean publishFrees;
    /** Whether samples of blocks that are freed already are wanted like any others. */
    private boolean wantsAll = true;

    SampleProcessor(
            MixedStackWalker walker,
            FrameBuffer frames,
            StackTraces traces,
            JavaThreads threads,
            LiveMemory<StackTrace> live,
            NameWarmUp nameWarmUp,
            EventQueue waiting,
            EventDraw draw,
            DistinctErrors errors) {
        this.walker = walker;
        this.frames = frames;
        this.traces = traces;
        this.threads = threads;
        this.live = live;
        this.nameWarmUp = nameWarmUp;
        this.waiting = waiting;
        this.draw = draw;
        this.errors = errors;
    }

    /**
     * Looks at what waits, so that blocks that are freed by now need not be walked. To be called before samples are
     * handed over; those that are produced after it are handled as if their blocks were alive.
     */
    void lookAhead(SampleSource samples, long nanoTime) {
        // Who wants the frees wants each of them to find its allocation; until there is a recording, stacks are
        // rehearsed.
        wantsAll = WantedEvents.frees() || !WantedEvents.any() || !waiting.limited();
        samples.lookAhead(shortLived);
        draw.begin(shortLived.count(), nanoTime);
    }

    @Override
    public void onSample(Sample sample) {
        try {
            if (sample.isAllocation()) {
                allocated(sample);
            } else if (sample.isFree()) {
                freed(sample);
            } else if (sample.isMove()) {
                moved(sample);
            } else if (sample.isFreeUndone()) {
                live.undoFree(sample.blockKey(), sample.tid());
            }
        } catch (RuntimeException e) {
            // One sample that trips us up must not stop the draining of those behind it.
            errors.record("handling a sample", e);
        }
    }

    private StackTrace stackOf(Sample sample) {
        if (sample.isBare()) {
            frames.setNotRecorded();
            return traces.intern(frames);
        }
        walker.walk(sample, frames);
        StackTrace stack = traces.intern(frames);
        walks++;
        walksByState[stack.state().ordinal()]++;
        return stack;
    }

    private void allocated(Sample sample) {
        if (shortLived.handled(sample) && !wantsAll) {
            lived(sample);
            return;
        }
        StackTrace stack = stackOf(sample);
        long weight = sample.weight();
        account(sample, weight, stack);
        if (!WantedEvents.allocations()) {
            nameWarmUp.offer(stack);
        } else {
            // Who wants the frees wants each of them to find its allocation.
            waiting.allocated(sample, weight, 1, stack, threads, WantedEvents.frees());
        }
    }

    /** The block was freed by now: it is no leak, and of those events that tell of it there are enough. */
    private void lived(Sample sample) {
        if (WantedEvents.allocations() && draw.draws()) {
            long weight = draw.scaled(sample.weight());
            waiting.allocated(sample, weight, draw.scaled(1), stackOf(sample), threads, false);
        } else {
            passedOver++;
        }
    }

    private void account(Sample sample, long weight, StackTrace stack) {
        boolean pages = sample.allocator().mapsPages();
        long key = sample.blockKey();
        long size = sample.size();
        long drawn = sample.drawn();
        if (drawn < size) {
            live.grown(pages, sample.hasGrown(), key, size, drawn, weight, sample.timeNanos(), stack);
        } else {
            live.allocated(pages, key, size, weight, sample.timeNanos(), stack);
        }
    }

    private void freed(Sample sample) {
        publishFrees = WantedEvents.frees();
        boolean pages = sample.allocator().mapsPages();
        if (pages && sample.moves()) {
            live.remapping(sample.address(), sample.size(), sample.tid());
        } else if (pages) {
            live.unmapped(sample.address(), sample.size(), sample.timeNanos(), sample.tid(), publishDeath);
        } else if (sample.moves()) {
            live.reallocating(sample.blockKey(), sample.tid());
        } else {
            live.freed(sample.blockKey(), sample.timeNanos(), publishDeath);
        }
    }

    private void moved(Sample sample) {
        publishFrees = WantedEvents.frees();
        live.moved(
                sample.oldAddress(),
                sample.address(),
                sample.size(),
                sample.kept(),
                sample.timeNanos(),
                sample.tid(),
                publishDeath);
    }

    private void noteFree(long blockKey, long size, long lifetimeNanos) {
        if (publishFrees) {
            waiting.freed(Sample.addressOf(blockKey), size, lifetimeNanos);
        }
    }

    /** Samples whose stacks were not walked, because their blocks were freed by then. */
    long passedOver() {
        return passedOver;
    }

    /** What was looked at is of a recording that has ended. */
    void forgetAhead() {
        shortLived.clear();
    }

    /** Stacks walked so far. */
    long walks() {
        return walks;
    }

    long walks(StackState state) {
        return walksByState[state.ordinal()];
    }
}

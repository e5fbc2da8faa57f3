package io.dwunw.agent.sidecar;

import io.dwunw.agent.hotspot.JavaThreads;
import io.dwunw.agent.leak.LiveMemory;
import io.dwunw.agent.ringbuf.SampleHandler;
import io.dwunw.agent.sample.Allocator;
import io.dwunw.agent.sample.Sample;
import io.dwunw.agent.stack.FrameBuffer;
import io.dwunw.agent.stack.MixedStackWalker;
import io.dwunw.agent.stack.StackState;
import io.dwunw.agent.stack.StackTrace;
import io.dwunw.agent.stack.StackTraces;
import io.dwunw.jfr.NativeAllocationEvent;
import io.dwunw.jfr.NativeFreeEvent;
import io.dwunw.jfr.RecordingHooks;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * What happens to a sample while it lies in the ring: its stack is walked, the account of live memory is kept, and what
 * is to be published is noted down. Confined to the sidecar thread.
 */
@SuppressWarnings("EnumOrdinal") // counts by state on the hot path
final class SampleIntake implements SampleHandler {
    /** What waits for publication at most: more than any burst that the ring can hold. */
    private static final int MAX_WAITING = 1 << 17;

    private final MixedStackWalker walker;
    private final FrameBuffer frames;
    private final StackTraces traces;
    private final JavaThreads threads;
    private final LiveMemory<StackTrace> live;
    private final Rehearsal rehearsal;
    private final DistinctErrors errors;
    private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
    private final long[] walksByState = new long[StackState.values().length];
    private final LiveMemory.Deaths publishDeath = new LiveMemory.Deaths() {
        @Override
        public void died(long address, long size, long lifetimeNanos) {
            noteFree(address, size, lifetimeNanos);
        }
    };
    private long walks;
    private long unpublished;
    private boolean publishFrees;

    SampleIntake(
            MixedStackWalker walker,
            FrameBuffer frames,
            StackTraces traces,
            JavaThreads threads,
            LiveMemory<StackTrace> live,
            Rehearsal rehearsal,
            DistinctErrors errors) {
        this.walker = walker;
        this.frames = frames;
        this.traces = traces;
        this.threads = threads;
        this.live = live;
        this.rehearsal = rehearsal;
        this.errors = errors;
    }

    @Override
    public void onSample(Sample sample) {
        try {
            if (sample.isAllocation()) {
                allocated(sample);
            } else if (sample.isFree()) {
                freed(sample);
            } else if (sample.isUnfree()) {
                live.unfreed(sample.address());
            }
        } catch (RuntimeException e) {
            // One sample that trips us up must not stop the draining of those behind it.
            errors.record("handling a sample", e);
        }
    }

    private void allocated(Sample sample) {
        walker.walk(sample, frames);
        StackTrace stack = traces.intern(frames);
        walks++;
        walksByState[stack.state().ordinal()]++;
        Allocator allocator = sample.allocator();
        long weight = sample.weight();
        live.allocated(allocator.mapsPages(), sample.address(), sample.size(), weight, sample.timeNanos(), stack);
        if (!RecordingHooks.registered() || !NativeAllocationEvent.enabled()) {
            rehearsal.offer(stack);
        } else if (hasRoom()) {
            waiting.add(new SampledAllocation(
                    sample.address(),
                    sample.size(),
                    weight,
                    allocator,
                    threads.find(sample.tid(), sample.anchorThread()),
                    sample.tid(),
                    sample.comm(),
                    stack));
        }
    }

    private boolean hasRoom() {
        if (waiting.size() < MAX_WAITING) {
            return true;
        }
        unpublished++;
        return false;
    }

    private void freed(Sample sample) {
        publishFrees = RecordingHooks.registered() && NativeFreeEvent.enabled();
        Allocator allocator = sample.allocator();
        // A free of pages may always be taken back: by mremap, or by a mapping at a fixed address that failed.
        boolean moves = allocator != Allocator.FREE;
        if (allocator.mapsPages()) {
            live.unmapped(sample.address(), sample.size(), sample.timeNanos(), moves, publishDeath);
        } else {
            live.freed(sample.address(), sample.timeNanos(), moves, publishDeath);
        }
    }

    private void noteFree(long address, long size, long lifetimeNanos) {
        if (publishFrees && hasRoom()) {
            waiting.add(new SampledDeath(address, size, lifetimeNanos));
        }
    }

    /** The next allocation or free to be published, oldest first. */
    @Nullable
    Waiting poll() {
        return waiting.poll();
    }

    /** Drops what waits for publication. */
    void forgetWaiting() {
        waiting.clear();
    }

    /** Allocations and frees that wait for publication. */
    int waiting() {
        return waiting.size();
    }

    /** Whether so many wait that publishing must not be put off any longer. */
    boolean crowded() {
        return waiting() >= MAX_WAITING / 2;
    }

    /** Stacks walked so far. */
    long walks() {
        return walks;
    }

    long walks(StackState state) {
        return walksByState[state.ordinal()];
    }

    /** Allocations and frees that were accounted for, but for which there is no event, because too many were waiting. */
    long unpublished() {
        return unpublished;
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import io.dwunw.agent.ringbuf.SampleHandler;
import io.dwunw.agent.sample.Allocator;
import io.dwunw.agent.sample.Sample;
import io.dwunw.agent.sample.SampleDescriptor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Keeps what tests want to know of samples. */
public final class Recorder implements SampleHandler {
    /** One sample; {@code what} is '+' for an allocation, '-' for a free, '~' for a free taken back, '>' for a move. */
    public record Seen(
            char what,
            Allocator allocator,
            long address,
            long size,
            int tid,
            long weight,
            int flags,
            long sp,
            long pc,
            long stackLow,
            long stackHigh,
            int stackCapacity,
            long anchorThread,
            long anchorSp,
            long anchorPc,
            long anchorFp,
            String comm,
            long timeNanos) {
        /** For example {@code +malloc 100}. */
        public String brief() {
            return what + allocator.functionName() + " " + size;
        }

        public boolean cut() {
            return (flags & SampleDescriptor.FLAG_STACK_CUT) != 0;
        }
    }

    private final List<Seen> all = new ArrayList<>();

    @Override
    public synchronized void onSample(Sample s) {
        if (!s.isAllocation()) {
            char what = s.isFree() ? '-' : s.isMove() ? '>' : '~';
            all.add(new Seen(
                    what,
                    s.allocator(),
                    s.address(),
                    s.size(),
                    s.tid(),
                    0,
                    s.flags(),
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    "",
                    s.timeNanos()));
            return;
        }
        all.add(new Seen(
                '+',
                s.allocator(),
                s.address(),
                s.size(),
                s.tid(),
                s.weight(),
                s.flags(),
                s.sp(),
                s.pc(),
                s.stack().lowAvma(),
                s.stack().highAvma(),
                s.stackCapacity(),
                s.anchorThread(),
                s.anchorSp(),
                s.anchorPc(),
                s.anchorFp(),
                s.comm(),
                s.timeNanos()));
    }

    public synchronized List<Seen> matching(Predicate<Seen> wanted) {
        List<Seen> found = new ArrayList<>();
        for (Seen seen : all) {
            if (wanted.test(seen)) {
                found.add(seen);
            }
        }
        return found;
    }

    /** In brief what happened at one address. */
    public List<String> storyOf(long address) {
        List<String> story = new ArrayList<>();
        for (Seen seen : matching(s -> s.address() == address)) {
            story.add(seen.brief());
        }
        return story;
    }

    /** Allocations of a distinctive size. */
    public List<Seen> ofSize(long size) {
        return matching(s -> s.what() == '+' && s.size() == size);
    }

    public synchronized void clear() {
        all.clear();
    }
}

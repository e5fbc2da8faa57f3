// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import io.dwunw.agent.ringbuf.SampleHandler;
import io.dwunw.agent.sample.Sample;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Learns where threads' stacks end, so that the kernel side can choose a record's size and stop copying there. A sample
 * whose thread's end was not known is flagged as faulted, or starts at a page instead of at sp; then the mapping that
 * holds sp is looked up once. Belongs to the draining thread; allocates nothing for threads that are known.
 */
final class StackBounds implements SampleHandler {
    /** New threads that are looked up together; more wait for their next sample. */
    private static final int BATCH = 64;
    /** As many as the kernel's map holds. */
    private static final int MAX_KNOWN = 16384;

    /** Takes what was found out. */
    interface Sink {
        void bounds(int tid, long low, long high);
    }

    private final ProcFiles files;
    private final Sink sink;
    private final Map<Integer, Mapping> known = new HashMap<>();
    private final int[] newTids = new int[BATCH];
    private final long[] newSps = new long[BATCH];
    private int newCount;
    private SampleHandler next = new SampleHandler() {
        @Override
        public void onSample(Sample sample) {
            // No engine wants them yet.
        }
    };

    StackBounds(ProcFiles files, Sink sink) {
        this.files = files;
        this.sink = sink;
    }

    /** Samples go on to {@code handler} after they were looked at. */
    SampleHandler before(SampleHandler handler) {
        next = handler;
        return this;
    }

    /** Hot. */
    @Override
    public void onSample(Sample sample) {
        boolean unknown = sample.stackFault() || sample.stack().lowAvma() != sample.sp();
        if (unknown && sample.isAllocation() && newCount < BATCH) {
            note(sample.tid(), sample.sp());
        }
        next.onSample(sample);
    }

    private void note(int tid, long sp) {
        for (int i = 0; i < newCount; i++) {
            if (newTids[i] == tid) {
                return;
            }
        }
        newTids[newCount] = tid;
        newSps[newCount] = sp;
        newCount++;
    }

    /** Looks up the threads noted since the last call. Reads {@code /proc/self/maps} only if one is new. */
    void resolve() {
        if (newCount == 0) {
            return;
        }
        List<Mapping> mappings = null;
        for (int i = 0; i < newCount; i++) {
            Mapping before = known.get(newTids[i]);
            if (before != null && before.contains(newSps[i])) {
                sink.bounds(newTids[i], before.low(), before.high()); // the kernel side has forgotten it
                continue;
            }
            if (mappings == null) {
                mappings = Mapping.parse(files.readIfPresent("/proc/self/maps"));
            }
            learn(newTids[i], newSps[i], mappings);
        }
        newCount = 0;
    }

    private void learn(int tid, long sp, List<Mapping> mappings) {
        for (Mapping mapping : mappings) {
            if (mapping.contains(sp)) {
                if (known.size() >= MAX_KNOWN) {
                    known.clear();
                }
                known.put(tid, mapping);
                sink.bounds(tid, mapping.low(), mapping.high());
                return;
            }
        }
    }
}

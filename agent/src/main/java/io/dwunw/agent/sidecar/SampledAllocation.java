package io.dwunw.agent.sidecar;

import io.dwunw.agent.stack.StackTrace;
import org.jspecify.annotations.Nullable;

/** A sample after its walk, waiting to be published. */
record SampledAllocation(
        long address,
        long size,
        long weight,
        int allocator,
        @Nullable Thread thread,
        int tid,
        String threadName,
        StackTrace stack)
        implements Waiting {}

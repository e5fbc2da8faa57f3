// SPDX-License-Identifier: MIT
package io.dwunw.agent.sidecar;

import io.dwunw.agent.engine.EngineCounters;
import io.dwunw.agent.sample.Allocator;
import io.dwunw.agent.stack.StackState;
import io.dwunw.jfr.AgentStatisticsEvent;
import io.dwunw.jfr.StackReplay;

/** Writes counters into the event that tells of them. Stateless. */
final class Statistics {
    private Statistics() {}

    /** What the engine has counted. */
    static void fill(AgentStatisticsEvent event, EngineCounters counters) {
        event.mallocCalls = counters.calls(Allocator.MALLOC);
        event.callocCalls = counters.calls(Allocator.CALLOC);
        event.reallocCalls = counters.calls(Allocator.REALLOC);
        event.reallocarrayCalls = counters.calls(Allocator.REALLOCARRAY);
        event.posixMemalignCalls = counters.calls(Allocator.POSIX_MEMALIGN);
        event.alignedAllocCalls = counters.calls(Allocator.ALIGNED_ALLOC);
        event.memalignCalls = counters.calls(Allocator.MEMALIGN);
        event.vallocCalls = counters.calls(Allocator.VALLOC);
        event.pvallocCalls = counters.calls(Allocator.PVALLOC);
        event.mmapCalls = counters.calls(Allocator.MMAP);
        event.mremapCalls = counters.calls(Allocator.MREMAP);
        event.freeCalls = counters.calls(Allocator.FREE);
        event.munmapCalls = counters.calls(Allocator.MUNMAP);
        event.customCalls = counters.calls(Allocator.CUSTOM);
        event.bytesSeen = counters.bytesSeen;
        event.samples = counters.samples;
        event.lost = counters.lost;
        event.withoutStack = counters.withoutStack;
        event.cutStacks = counters.cutStacks;
        event.unpatchedSlots = counters.unpatchedSlots;
    }

    /** What was done with samples. */
    static void fill(AgentStatisticsEvent event, SampleProcessor intake) {
        StringBuilder walks = new StringBuilder();
        for (StackState state : StackState.values()) {
            long count = intake.walks(state);
            if (count > 0) {
                walks.append(walks.isEmpty() ? "" : "\n")
                        .append(count)
                        .append(' ')
                        .append(state.text());
            }
        }
        event.walks = walks.toString();
        event.completeWalks = intake.walks(StackState.COMPLETE);
        event.truncatedWalks = intake.walks() - event.completeWalks;
        event.passedOver = intake.passedOver();
    }

    /** How stacks were shown. */
    static void fill(AgentStatisticsEvent event, StackReplay replay) {
        event.replayClasses = replay.classesGenerated();
        event.replayFailures = replay.failures();
        event.replayMetaspace = replay.metaspaceBytes();
        event.textOnlyEvents = replay.textOnlyEvents();
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.sidecar;

import io.dwunw.agent.hotspot.JavaThreads;
import io.dwunw.agent.sample.Sample;
import io.dwunw.agent.stack.StackTrace;
import org.jspecify.annotations.Nullable;

/**
 * Sampled allocations of one stack that one event will tell of; most often it is just one. The event shows one of them,
 * and how many bytes all of them stand for. Confined to the sidecar thread.
 */
final class PendingAllocation implements PendingEvent {
    private final StackTrace stack;
    private long weight;
    private long samples;

    private long address;
    private long size;
    private int allocator;
    private @Nullable Thread thread;
    private int tid;
    private String threadName = "";

    PendingAllocation(StackTrace stack) {
        this.stack = stack;
    }

    /**
     * Takes in one more.
     *
     * @param sampleWeight bytes it stands for
     * @param sampleCount samples it stands for
     * @param chance from 0 to 1, drawn for this sample. It is shown instead of those before with the probability of its
     *     part of the weight; so that sums of weights by whatever is shown (size, thread) stay unbiased
     */
    void add(Sample sample, long sampleWeight, long sampleCount, double chance, JavaThreads threads) {
        boolean first = samples == 0;
        weight += sampleWeight;
        samples += sampleCount;
        if (first || chance * weight < sampleWeight) {
            address = sample.address();
            size = sample.size();
            allocator = sample.allocatorNumber();
            thread = threads.find(sample.tid(), sample.anchorThread());
            tid = sample.tid();
            threadName = sample.comm();
        }
    }

    StackTrace stack() {
        return stack;
    }

    /** Bytes that all of them stand for. */
    long weight() {
        return weight;
    }

    long samples() {
        return samples;
    }

    long address() {
        return address;
    }

    long size() {
        return size;
    }

    int allocator() {
        return allocator;
    }

    @Nullable
    Thread thread() {
        return thread;
    }

    int tid() {
        return tid;
    }

    String threadName() {
        return threadName;
    }
}

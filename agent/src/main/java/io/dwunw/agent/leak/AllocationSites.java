// SPDX-License-Identifier: MIT
package io.dwunw.agent.leak;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * Gathers live memory by allocation site.
 *
 * <p>Every sampled block of {@code size} bytes and weight {@code w} stands for {@code w} bytes, hence for {@code w /
 * size} blocks like itself: both sums are unbiased. Cold; allocates freely.
 */
public final class AllocationSites {
    private AllocationSites() {}

    /**
     * Finds the sites that hold memory older than {@code minAgeNanos}; first those that surely hold most, by {@link
     * AllocationSite#outstandingLow}: a site that rests on one heavy sample comes after one that many samples vouch
     * for. Adds up what is younger.
     *
     * @param nowNanos CLOCK_MONOTONIC
     * @param siteOf identity of a stack's site; called once per distinct stack
     */
    public static <S> LeakFindings<S> outstanding(
            LiveMemory<S> live, long nowNanos, long minAgeNanos, ToLongFunction<S> siteOf) {
        ByStack<S> byStack = new ByStack<>(nowNanos, minAgeNanos);
        live.forEach(byStack);
        Map<Long, Gathered<S>> bySite = new LinkedHashMap<>();
        for (Map.Entry<S, Total> entry : byStack.totals.entrySet()) {
            long site = siteOf.applyAsLong(entry.getKey());
            Gathered<S> gathered = bySite.get(site);
            if (gathered == null) {
                gathered = new Gathered<>(site, entry.getKey());
                bySite.put(site, gathered);
            }
            gathered.add(entry.getKey(), entry.getValue());
        }
        List<AllocationSite<S>> sites = new ArrayList<>(bySite.size());
        for (Gathered<S> gathered : bySite.values()) {
            sites.add(gathered.toSite());
        }
        sites.sort(new SurestFirst<>());
        return new LeakFindings<>(sites, Math.round(byStack.younger.blocks), byStack.younger.weight);
    }

    private static final class SurestFirst<S> implements Comparator<AllocationSite<S>> {
        @Override
        public int compare(AllocationSite<S> one, AllocationSite<S> other) {
            int order = Long.compare(other.outstandingLow(), one.outstandingLow());
            if (order == 0) {
                order = Long.compare(other.outstandingBytes(), one.outstandingBytes());
            }
            return order != 0 ? order : Long.compare(one.site(), other.site());
        }
    }

    private static final class ByStack<S> implements LiveAllocations.Visitor<S> {
        private final IdentityHashMap<S, Total> totals = new IdentityHashMap<>();
        private final Total younger = new Total();
        private final long nowNanos;
        private final long minAgeNanos;

        ByStack(long nowNanos, long minAgeNanos) {
            this.nowNanos = nowNanos;
            this.minAgeNanos = minAgeNanos;
        }

        @Override
        public void block(long address, long size, long weight, double variance, long born, S stack) {
            long age = Math.max(0, nowNanos - born);
            if (age < minAgeNanos) {
                younger.add(size, weight, variance, age);
                return;
            }
            Total total = totals.get(stack);
            if (total == null) {
                total = new Total();
                totals.put(stack, total);
            }
            total.add(size, weight, variance, age);
        }
    }

    private static final class Total {
        private long weight;
        private double blocks;
        private long bytes;
        private long samples;
        private long oldest;
        private long youngest = Long.MAX_VALUE;
        private final SumInterval interval = new SumInterval();

        void add(long size, long blockWeight, double variance, long age) {
            interval.add(size, blockWeight, variance);
            weight += blockWeight;
            // An empty block weighs nothing, but it is one.
            blocks += size <= 0 ? 1 : (double) blockWeight / size;
            bytes += size;
            samples++;
            oldest = Math.max(oldest, age);
            youngest = Math.min(youngest, age);
        }

        void add(Total other) {
            interval.add(other.interval);
            weight += other.weight;
            blocks += other.blocks;
            bytes += other.bytes;
            samples += other.samples;
            oldest = Math.max(oldest, other.oldest);
            youngest = Math.min(youngest, other.youngest);
        }
    }

    private static final class Gathered<S> {
        private final Total total = new Total();
        private final long site;
        private S stack;
        private long stackWeight = -1;

        Gathered(long site, S stack) {
            this.site = site;
            this.stack = stack;
        }

        void add(S candidate, Total part) {
            if (part.weight > stackWeight) {
                stack = candidate;
                stackWeight = part.weight;
            }
            total.add(part);
        }

        AllocationSite<S> toSite() {
            return new AllocationSite<>(
                    site,
                    stack,
                    total.weight,
                    Math.round(total.blocks),
                    total.bytes,
                    total.samples,
                    total.oldest,
                    total.youngest,
                    total.interval.low(),
                    total.interval.high());
        }
    }
}

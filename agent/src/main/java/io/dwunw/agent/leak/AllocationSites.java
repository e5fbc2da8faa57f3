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
     * The sites that hold memory older than {@code minAgeNanos}, most outstanding bytes first.
     *
     * @param nowNanos CLOCK_MONOTONIC
     * @param siteOf identity of a stack's site; called once per distinct stack
     */
    public static <S> List<AllocationSite<S>> outstanding(
            LiveMemory<S> live, long nowNanos, long minAgeNanos, ToLongFunction<S> siteOf) {
        IdentityHashMap<S, Total> byStack = new IdentityHashMap<>();
        live.forEach((address, size, weight, born, stack) -> {
            long age = Math.max(0, nowNanos - born);
            if (age >= minAgeNanos) {
                byStack.computeIfAbsent(stack, s -> new Total()).add(size, weight, age);
            }
        });
        Map<Long, Gathered<S>> bySite = new LinkedHashMap<>();
        byStack.forEach((stack, total) -> bySite.computeIfAbsent(siteOf.applyAsLong(stack), s -> new Gathered<>(stack))
                .add(stack, total));
        List<AllocationSite<S>> sites = new ArrayList<>(bySite.size());
        bySite.forEach((site, gathered) -> sites.add(gathered.toSite(site)));
        sites.sort(Comparator.<AllocationSite<S>>comparingLong(AllocationSite::outstandingBytes)
                .reversed()
                .thenComparingLong(AllocationSite::site));
        return sites;
    }

    private static final class Total {
        private long weight;
        private double blocks;
        private long bytes;
        private long samples;
        private long oldest;
        private long youngest = Long.MAX_VALUE;

        void add(long size, long blockWeight, long age) {
            weight += blockWeight;
            // An empty block weighs nothing, but it is one.
            blocks += size <= 0 ? 1 : (double) blockWeight / size;
            bytes += size;
            samples++;
            oldest = Math.max(oldest, age);
            youngest = Math.min(youngest, age);
        }

        void add(Total other) {
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
        private S stack;
        private long stackWeight = -1;

        Gathered(S stack) {
            this.stack = stack;
        }

        void add(S candidate, Total part) {
            if (part.weight > stackWeight) {
                stack = candidate;
                stackWeight = part.weight;
            }
            total.add(part);
        }

        AllocationSite<S> toSite(long site) {
            return new AllocationSite<>(
                    site,
                    stack,
                    total.weight,
                    Math.round(total.blocks),
                    total.bytes,
                    total.samples,
                    total.oldest,
                    total.youngest);
        }
    }
}

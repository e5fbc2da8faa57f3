// SPDX-License-Identifier: MIT
package io.dwunw.agent.sidecar;

import io.dwunw.agent.leak.AllocationSite;
import io.dwunw.agent.leak.AllocationSites;
import io.dwunw.agent.leak.LeakFindings;
import io.dwunw.agent.leak.LiveMemory;
import io.dwunw.agent.sample.AllocatorNames;
import io.dwunw.agent.stack.StackTrace;
import io.dwunw.jfr.NativeAllocationEvent;
import io.dwunw.jfr.NativeFreeEvent;
import io.dwunw.jfr.NativeLeakEvent;
import io.dwunw.jfr.NativeLeakReportEvent;
import io.dwunw.jfr.Publication;
import io.dwunw.jfr.ReplayableStack;
import io.dwunw.jfr.SharedTexts;
import io.dwunw.jfr.WantedEvents;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/** Turns what the sidecar knows into events with their stacks, one at a time. Confined to the sidecar thread. */
final class EventFactory {
    /** Sites that a report at a chunk's end publishes at most: each costs an event. */
    static final int MAX_LEAKS = 4096;
    /** Sites that a report within a chunk publishes at most: there may be one each minute for a long time. */
    static final int MAX_PERIODIC_LEAKS = 100;
    /**
     * How long events wait when a chunk ends. Where the last recording is stopped, JFR first closes its file and only
     * then takes no more events: what is written in between gets into no file, and each of JFR's 20 global buffers that
     * it fills is lost for good when JFR starts again ({@code JfrStorage::clear_full}); without them JDK 17 drops most
     * events.
     */
    private static final long CHANGE_NANOS = 500_000_000;

    private final EventQueue waiting;
    private final NamedStackCache stacks;
    private final LiveMemory<StackTrace> live;
    private final AllocatorNames allocators;
    private long minAgeNanos;
    private final ArrayDeque<AllocationSite<StackTrace>> leaks = new ArrayDeque<>();
    /** Of the leaks noted down, until it is handed out. */
    private @Nullable NativeLeakReportEvent head;

    private final FrameTextDeduplicator told = new FrameTextDeduplicator();
    private long reports;
    private boolean changing;
    private long changesUntil;

    EventFactory(
            EventQueue waiting,
            NamedStackCache stacks,
            LiveMemory<StackTrace> live,
            AllocatorNames allocators,
            Duration minAge) {
        this.waiting = waiting;
        this.stacks = stacks;
        this.live = live;
        this.allocators = allocators;
        this.minAgeNanos = minAge.toNanos();
    }

    /** Blocks younger than this are no leak from now on. */
    void minAge(Duration minAge) {
        minAgeNanos = minAge.toNanos();
    }

    /** The next sampled allocation or free that may be published now; null if there is none. */
    @Nullable
    Publication nextWaiting() {
        if (isChanging()) {
            return null;
        }
        // Where JFR does not say when a chunk ends, what waited would miss that, and the recording's end.
        return publication(WantedEvents.chunkEnds() ? waiting.poll(System.nanoTime()) : waiting.pollAtOnce());
    }

    /** Whether events wait because JFR may be stopping: what is written now may get into no file. */
    boolean isChanging() {
        changing = changing && !waiting.crowded() && System.nanoTime() - changesUntil < 0;
        return changing;
    }

    /** Next event before a chunk ends, whatever the rate of events. */
    @Nullable
    Publication nextBeforeChunkEnd() {
        return publication(waiting.pollAtOnce());
    }

    private @Nullable Publication publication(@Nullable PendingEvent next) {
        if (next instanceof PendingAllocation allocation) {
            return publication(allocation);
        }
        return next instanceof PendingFree death ? publication(death) : null;
    }

    /** The head of the report noted down, then its leaks one by one; null if there are no more. */
    @Nullable
    Publication nextLeak() {
        NativeLeakReportEvent first = head;
        if (first != null) {
            head = null;
            return new Publication(first, null);
        }
        AllocationSite<StackTrace> leak = leaks.poll();
        return leak == null ? null : publication(leak);
    }

    /**
     * Notes down the leaks as of now, those that surely hold most first; {@link #nextLeak} hands them out. What is left
     * of the report before is given up: this one is newer.
     *
     * @param atChunkEnd whether the report ends a chunk; one within a chunk has fewer sites
     */
    void snapshotLeaks(boolean atChunkEnd) {
        forgetLeaks();
        reports++;
        if (!WantedEvents.leaks()) {
            return;
        }
        LeakFindings<StackTrace> found = AllocationSites.outstanding(live, System.nanoTime(), minAgeNanos, stacks);
        List<AllocationSite<StackTrace>> sites = found.sites();
        leaks.addAll(sites.subList(0, Math.min(sites.size(), atChunkEnd ? MAX_LEAKS : MAX_PERIODIC_LEAKS)));
        if (WantedEvents.leakReports()) {
            head = head(found, leaks.size(), atChunkEnd ? "chunk end" : "periodic");
        }
    }

    private NativeLeakReportEvent head(LeakFindings<StackTrace> found, int published, String occasion) {
        NativeLeakReportEvent event = new NativeLeakReportEvent();
        event.report = reports;
        event.sites = found.sites().size();
        event.publishedSites = published;
        event.outstanding = found.outstandingBytes();
        event.youngerBlocks = found.youngerBlocks();
        event.youngerBytes = found.youngerBytes();
        event.minimumAge = minAgeNanos;
        event.occasion = occasion;
        return event;
    }

    private void forgetLeaks() {
        leaks.clear();
        head = null;
    }

    /** JFR goes on to the next chunk, or ends. */
    void chunkEnded() {
        long now = System.nanoTime();
        told.chunkEnded(now);
        changing = true;
        changesUntil = now + CHANGE_NANOS;
    }

    /** A recording has begun: JFR is not stopping any more. */
    void recordingBegun() {
        changing = false;
        forgetLeaks();
    }

    private static Publication publication(PendingFree death) {
        NativeFreeEvent event = new NativeFreeEvent();
        event.address = death.address();
        event.size = death.size();
        event.lifetime = death.lifetimeNanos();
        return new Publication(event, null);
    }

    private Publication publication(PendingAllocation allocation) {
        ReplayableStack stack = stacks.name(allocation.stack());
        boolean replayed =
                WantedEvents.allocations() && stacks.makeReady(stack, new UpcomingStacks(waiting.upcoming()));
        NativeAllocationEvent event = new NativeAllocationEvent();
        event.address = allocation.address();
        event.size = allocation.size();
        event.weight = allocation.weight();
        event.samples = allocation.samples();
        event.allocator = allocators.function(allocation.allocator());
        event.allocatingThread = allocation.thread();
        event.osThreadId = allocation.tid();
        event.osThreadName = allocation.threadName();
        event.stackState = allocation.stack().state().text();
        event.stackId = allocation.stack().id();
        // Each chunk needs a text for each stack: where JFR does not say when one ends, each event has its own.
        if (!replayed
                || !waiting.limited()
                || !WantedEvents.chunkEnds()
                || SharedTexts.includeStacks()
                || told.shouldWriteText(allocation.stack(), System.nanoTime())) {
            event.frames = stack.text();
        }
        return new Publication(event, stack);
    }

    private static String hex(long site) {
        String digits = Long.toHexString(site);
        return "0".repeat(2 * Long.BYTES - digits.length()) + digits;
    }

    private Publication publication(AllocationSite<StackTrace> leak) {
        ReplayableStack stack = stacks.name(leak.stack());
        stacks.makeReady(stack, new LeakStacks(leaks.iterator()));
        NativeLeakEvent event = new NativeLeakEvent();
        event.outstanding = leak.outstandingBytes();
        event.outstandingBlocks = leak.outstandingCount();
        event.sampledBlocks = leak.sampledCount();
        event.oldestAge = leak.oldestNanos();
        event.youngestAge = leak.youngestNanos();
        event.report = reports;
        event.site = hex(leak.site());
        event.frames = stack.text();
        event.outstandingLow = leak.outstandingLow();
        event.outstandingHigh = leak.outstandingHigh();
        return new Publication(event, stack);
    }

    /** The stacks of waiting events, as far as they have one. */
    private static final class UpcomingStacks implements Iterator<StackTrace> {
        private final Iterator<PendingEvent> events;
        private @Nullable StackTrace next;

        UpcomingStacks(Iterator<PendingEvent> events) {
            this.events = events;
        }

        @Override
        public boolean hasNext() {
            while (next == null && events.hasNext()) {
                next = events.next() instanceof PendingAllocation allocation ? allocation.stack() : null;
            }
            return next != null;
        }

        @Override
        public StackTrace next() {
            StackTrace stack = hasNext() ? next : null;
            if (stack == null) {
                throw new NoSuchElementException();
            }
            next = null;
            return stack;
        }
    }

    private static final class LeakStacks implements Iterator<StackTrace> {
        private final Iterator<AllocationSite<StackTrace>> sites;

        LeakStacks(Iterator<AllocationSite<StackTrace>> sites) {
            this.sites = sites;
        }

        @Override
        public boolean hasNext() {
            return sites.hasNext();
        }

        @Override
        public StackTrace next() {
            return sites.next().stack();
        }
    }
}

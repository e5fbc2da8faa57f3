// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Percentage;
import jdk.jfr.Period;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;
import org.jspecify.annotations.Nullable;

/** Event that says each second what the agent has seen and done. Counters run from the attachment of the probes. */
@Name("dwunw.AgentStatistics")
@Label("Agent Statistics")
@Category({"Java Virtual Machine", "Native Memory"})
@Description("What the dwunw agent has seen, lost and spent since it was started")
@Period("1 s")
@StackTrace(false)
public final class AgentStatisticsEvent extends Event {
    private static final AgentStatisticsEvent PROBE = new AgentStatisticsEvent();

    @Label("Calls of malloc")
    public long mallocCalls;

    @Label("Calls of calloc")
    public long callocCalls;

    @Label("Calls of realloc")
    public long reallocCalls;

    @Label("Calls of reallocarray")
    public long reallocarrayCalls;

    @Label("Calls of posix_memalign")
    public long posixMemalignCalls;

    @Label("Calls of aligned_alloc")
    public long alignedAllocCalls;

    @Label("Calls of memalign")
    public long memalignCalls;

    @Label("Calls of valloc")
    public long vallocCalls;

    @Label("Calls of pvalloc")
    public long pvallocCalls;

    @Label("Calls of mmap")
    public long mmapCalls;

    @Label("Calls of mremap")
    public long mremapCalls;

    @Label("Calls of free")
    public long freeCalls;

    @Label("Calls of munmap")
    public long munmapCalls;

    @Label("Calls of Custom Allocators")
    @Description("Calls of the functions that the user named")
    public long customCalls;

    @Label("Bytes Seen")
    @Description("Bytes asked for in all calls seen, sampled or not")
    @DataAmount
    public long bytesSeen;

    @Label("Samples")
    @Description("Allocations sampled")
    public long samples;

    @Label("Lost Samples")
    @Description("Samples and frees that found no room where they wait to be taken in, not even without a stack")
    public long lost;

    @Label("Cut Stacks")
    @Description("Samples whose stack went on beyond the bytes copied")
    public long cutStacks;

    @Label("Unpatched Slots")
    @Description("Import slots of libraries that the in-process hooks could not patch: calls through them are not seen")
    public long unpatchedSlots;

    @Label("Complete Walks")
    @Description("Stacks walked to their end")
    public long completeWalks;

    @Label("Truncated Walks")
    @Description("Stacks whose walk stopped early")
    public long truncatedWalks;

    @Label("Walks by Stop Reason")
    @Description("How often walks ended for which reason")
    public @Nullable String walks;

    @Label("Live Sampled Blocks")
    @Description("Sampled blocks that are not freed")
    public long liveBlocks;

    @Label("Sidecar CPU Time")
    @Description("CPU time of the thread that drains, unwinds and publishes")
    @Timespan(Timespan.NANOSECONDS)
    public long sidecarCpuTime;

    @Label("Time per Sample")
    @Description("CPU time of the sidecar, divided by the samples it handled")
    @Timespan(Timespan.NANOSECONDS)
    public long timePerSample;

    @Label("Overhead")
    @Description("CPU time spent on tracing in the last second, relative to what the application used, or to one CPU")
    @Percentage
    public float overhead;

    @Label("Interval")
    @Description("Mean number of allocated bytes between two samples, as widened to keep within the allowed overhead")
    @DataAmount
    public long interval;

    @Label("Replay Classes")
    @Description("Classes generated to show foreign stacks, those dropped since included")
    public long replayClasses;

    @Label("Replay Failures")
    @Description("Events that had to be committed without their stack because something failed")
    public long replayFailures;

    @Label("Joined Samples")
    @Description(
            "Sampled allocations that are told by the event of another of their stack, to limit the rate of events")
    public long joinedSamples;

    @Label("Unpublished")
    @Description("Sampled allocations and frees that are accounted for, but got no event because too many were waiting")
    public long unpublished;

    @Label("Internal Errors")
    @Description("Failures inside the agent; the first of each kind is printed to standard error")
    public long internalErrors;

    @Label("Engine")
    @Description("How allocations are caught")
    public @Nullable String engine;

    @Label("Samples without Stack")
    @Description("Sampled allocations for whose stack there was no room: they count in sums, as one site of their own")
    public long withoutStack;

    @Label("Room for Samples")
    @Description("Memory in which samples may wait to be taken in; in the kernel all of it is taken from the start")
    @DataAmount
    public long ringBytes;

    @Label("Text-Only Events")
    @Description("Events whose stack is only in their text, because there was no room for the classes that show it")
    public long textOnlyEvents;

    @Label("Metaspace of Replay Classes")
    @Description(
            "What the classes that show foreign stacks take of the metaspace, as estimated, those included that were"
                    + " dropped and wait to be unloaded")
    @DataAmount
    public long replayMetaspace;

    @Label("Files Read in Part")
    @Description("Files of which something was left out because it would take too much memory or time")
    public long unreadFiles;

    @Label("Untracked Blocks")
    @Description(
            "Sampled blocks and mappings that are no part of leaks, because more were alive than the Java heap has room for")
    public long untrackedBlocks;

    @Label("Unseen Bytes")
    @Description(
            "Bytes in use in libc's allocator, allocated since the probes were attached, that did not pass the wrappers of the"
                    + " in-process hooks; -1 if that cannot be known")
    public long unseenBytes;

    @Label("Unseen Frees")
    @Description(
            "Bytes that are shown as live, but that libc's allocator does not have in use any more: their frees did not pass"
                    + " the wrappers of the in-process hooks; -1 if that cannot be known")
    public long unseenFrees;

    @Label("Samples Passed Over")
    @Description(
            "Sampled allocations whose blocks were freed before their stacks would have been walked, so that they were not; those that"
                    + " allocation events tell of are not among them")
    public long passedOver;

    @Label("Reason for Interval")
    @Description("Why the interval is what it is")
    public @Nullable String intervalReason;

    /** A field read; {@link WantedEvents} says when this may be asked. */
    static boolean enabled() {
        return PROBE.isEnabled();
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Period;
import jdk.jfr.Timespan;
import org.jspecify.annotations.Nullable;

/** Event that says what one allocation site holds at the end of a chunk. */
@Name("dwunw.NativeLeak")
@Label("Native Leak Suspect")
@Category({"Java Virtual Machine", "Native Memory"})
@Description("Native memory that one allocation site holds: allocated, not freed, and older than the minimum age")
@Period("endChunk")
public final class NativeLeakEvent extends Event {
    private static final NativeLeakEvent PROBE = new NativeLeakEvent();

    @Label("Outstanding")
    @Description("Estimated bytes that are allocated and not freed")
    @DataAmount
    public long outstanding;

    @Label("Outstanding Blocks")
    @Description("Estimated number of blocks that are allocated and not freed")
    public long outstandingBlocks;

    @Label("Sampled Blocks")
    @Description("Number of sampled blocks behind the estimates: the more, the better they are")
    public long sampledBlocks;

    @Label("Oldest Age")
    @Description("Age of the oldest sampled block")
    @Timespan(Timespan.NANOSECONDS)
    public long oldestAge;

    @Label("Youngest Age")
    @Description("Age of the youngest sampled block")
    @Timespan(Timespan.NANOSECONDS)
    public long youngestAge;

    @Label("Report")
    @Description("Number of the report, from 1: all sites that were found at the same time have the same")
    public long report;

    @Label("Site")
    @Description("Hash of what the application did: the same site has the same hash in every run and on every machine")
    public @Nullable String site;

    @Label("Frames")
    @Description("The stack with exact names, modules and offsets, one frame a line, innermost first")
    public @Nullable String frames;

    @Label("Outstanding, at Least")
    @Description("Lower end of the 90 % interval of the outstanding bytes; events come in its order")
    @DataAmount
    public long outstandingLow;

    @Label("Outstanding, at Most")
    @Description("Upper end of the 90 % interval of the outstanding bytes")
    @DataAmount
    public long outstandingHigh;

    /** A field read; {@link WantedEvents} says when this may be asked. */
    static boolean enabled() {
        return PROBE.isEnabled();
    }
}

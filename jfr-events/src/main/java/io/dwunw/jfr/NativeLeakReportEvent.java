// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;
import org.jspecify.annotations.Nullable;

/** Head of a report of leaks, which comes before its {@link NativeLeakEvent}s, and alone where nothing leaks. */
@Name("dwunw.NativeLeakReport")
@Label("Native Leak Report")
@Category({"Java Virtual Machine", "Native Memory"})
@Description("Head of a report of native leak suspects: the sums over all sites, also where there are no suspects")
@StackTrace(false)
public final class NativeLeakReportEvent extends Event {
    private static final NativeLeakReportEvent PROBE = new NativeLeakReportEvent();

    @Label("Report")
    @Description("Number of the report, from 1: its Native Leak Suspect events have the same")
    public long report;

    @Label("Sites")
    @Description("Allocation sites that hold memory older than the minimum age")
    public long sites;

    @Label("Published Sites")
    @Description("How many of these have an event: within a chunk only those that surely hold most")
    public long publishedSites;

    @Label("Outstanding")
    @Description("Estimated bytes that all sites hold, those without an event included")
    @DataAmount
    public long outstanding;

    @Label("Younger Blocks")
    @Description("Estimated number of blocks that are allocated, not freed, and younger than the minimum age")
    public long youngerBlocks;

    @Label("Younger Bytes")
    @Description("Estimated bytes of these blocks")
    @DataAmount
    public long youngerBytes;

    @Label("Minimum Age")
    @Description("Blocks younger than this are not called a leak: option minage")
    @Timespan(Timespan.NANOSECONDS)
    public long minimumAge;

    @Label("Occasion")
    @Description("'chunk end', or 'periodic' for a report in between")
    public @Nullable String occasion;

    /** A field read; {@link WantedEvents} says when this may be asked. */
    static boolean enabled() {
        return PROBE.isEnabled();
    }
}

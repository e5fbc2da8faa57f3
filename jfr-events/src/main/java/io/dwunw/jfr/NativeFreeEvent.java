// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.MemoryAddress;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** The end of a sampled block. */
@Name("dwunw.NativeFree")
@Label("Native Free")
@Category({"Java Virtual Machine", "Native Memory"})
@Description("A sampled block of native memory was freed")
@Enabled(false)
@StackTrace(false)
public final class NativeFreeEvent extends Event {
    private static final NativeFreeEvent PROBE = new NativeFreeEvent();

    @Label("Address")
    @Description("Start of the block, as in its Native Allocation event")
    @MemoryAddress
    public long address;

    @Label("Size")
    @Description("Bytes that were asked for when the block was allocated")
    @DataAmount
    public long size;

    @Label("Lifetime")
    @Description("Time from allocation to free")
    @Timespan(Timespan.NANOSECONDS)
    public long lifetime;

    /** A field read; {@link WantedEvents} says when this may be asked. */
    static boolean enabled() {
        return PROBE.isEnabled();
    }
}

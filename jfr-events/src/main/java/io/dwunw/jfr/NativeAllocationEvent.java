// SPDX-License-Identifier: MIT
package io.dwunw.jfr;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.MemoryAddress;
import jdk.jfr.Name;
import org.jspecify.annotations.Nullable;

/** A sampled allocation of native memory, with or without others of the same stack. */
@Name("dwunw.NativeAllocation")
@Label("Native Allocation")
@Category({"Java Virtual Machine", "Native Memory"})
@Description("A sampled allocation of native memory, with the native and Java frames that led to it")
public final class NativeAllocationEvent extends Event {
    private static final NativeAllocationEvent PROBE = new NativeAllocationEvent();

    @Label("Address")
    @Description("Start of the block, as the application sees it")
    @MemoryAddress
    public long address;

    @Label("Size")
    @Description("Bytes asked for")
    @DataAmount
    public long size;

    @Label("Weight")
    @Description("Bytes of allocation that this event stands for; their sum estimates all bytes allocated")
    @DataAmount
    public long weight;

    @Label("Allocator")
    @Description("The function that allocated, such as malloc or mmap")
    public @Nullable String allocator;

    @Label("Allocating Thread")
    @Description("The Java thread that allocated; empty if it is not a Java thread. The event thread only publishes")
    public @Nullable Thread allocatingThread;

    @Label("Allocating OS Thread Id")
    public long osThreadId;

    @Label("Allocating OS Thread Name")
    public @Nullable String osThreadName;

    @Label("Stack State")
    @Description("Whether the stack is complete, and if not, why the walk ended")
    public @Nullable String stackState;

    @Label("Frames")
    @Description(
            "The stack with exact names, modules and offsets, one frame a line, innermost first. Before JDK 25 left out "
                    + "where an event with the same stackId had it less than a second before in the same chunk")
    public @Nullable String frames;

    @Label("Samples")
    @Description(
            "Sampled allocations of this stack that this event stands for. Where they come too fast for an event each, "
                    + "one of them is shown, drawn by weight")
    public long samples;

    @Label("Stack Id")
    @Description("Number of the stack in this run: events with the same number have the same frames")
    public long stackId;

    /** A field read; {@link WantedEvents} says when this may be asked. */
    static boolean enabled() {
        return PROBE.isEnabled();
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Counter of the collections that the JVM has begun, young ones among them, as its heap counts them for itself: {@code
 * CollectedHeap::_total_collections}. For JVMs that keep no performance counters.
 *
 * <p>It rises when a collection, or the marking that it follows from, begins. Code that runs while marking goes on is
 * kept by it (HotSpot, {@code nmethod::mark_as_maybe_on_stack}), so a later one has to begin before that code can be
 * freed.
 */
final class HeapCollections implements JvmCounter {
    private final ByteBuffer total;

    private HeapCollections(ByteBuffer total) {
        this.total = total;
    }

    /** The counter; null if the JVM does not say where it is, or may not count each cycle of its collector. */
    static @Nullable JvmCounter open(VmStructs structs, MetadataReader memory, MemoryWindow window) {
        VmStructs.Field heap = structs.field("Universe::_collectedHeap");
        VmStructs.Field total = structs.field("CollectedHeap::_total_collections");
        if (heap == null || total == null || isShenandoah()) {
            return null;
        }
        memory.begin();
        long address = memory.word(heap.address()) + total.offset();
        memory.s4(address);
        return memory.faulted()
                ? null
                : new HeapCollections(window.open(address, Integer.BYTES).order(ByteOrder.nativeOrder()));
    }

    private static boolean isShenandoah() {
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            if (collector.getName().startsWith("Shenandoah")) {
                return true;
            }
        }
        return false;
    }

    @Override
    public long value() {
        return Integer.toUnsignedLong(total.getInt(0));
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The JVM's performance counters, where they lie in its own memory: no management classes need be loaded to read one
 * (HotSpot, {@code runtime/perfMemory.hpp}).
 *
 * <pre>
 *   PerfMemory::_start → prologue(32): … used(8) … entry_offset(24) num_entries(28)
 *   entry: length(0) name_offset(4) vector_length(8) type(12) flags units variability data_offset(16)
 * </pre>
 */
final class PerfData {
    private static final int ENTRY_OFFSET = 24;
    private static final int NUM_ENTRIES = 28;
    private static final int NAME_OFFSET = 4;
    private static final int VECTOR_LENGTH = 8;
    private static final int TYPE = 12;
    private static final int DATA_OFFSET = 16;
    private static final int HEADER_BYTES = 20;
    private static final int MAX_BYTES = 1 << 24;
    private static final int MAX_TEXT = 1 << 12;

    private final ByteBuffer area;
    private final long address;

    private PerfData(ByteBuffer area, long address) {
        this.area = area;
        this.address = address;
    }

    /** The counters; null if the JVM keeps none ({@code -XX:-UsePerfData}) or does not say where. */
    static @Nullable PerfData open(VmStructs structs, MetadataReader memory, MemoryWindow window) {
        VmStructs.Field start = structs.field("PerfMemory::_start");
        VmStructs.Field end = structs.field("PerfMemory::_end");
        VmStructs.Field initialized = structs.field("PerfMemory::_initialized");
        if (start == null || end == null || initialized == null) {
            return null;
        }
        memory.begin();
        long low = memory.word(start.address());
        long length = memory.word(end.address()) - low;
        boolean ready = memory.s4(initialized.address()) != 0;
        if (memory.faulted() || !ready || low == 0 || length < HEADER_BYTES || length > MAX_BYTES) {
            return null;
        }
        return new PerfData(window.open(low, length).order(ByteOrder.LITTLE_ENDIAN), low);
    }

    /** The counter of this name; null if there is none. */
    @Nullable
    JvmCounter counter(String name) {
        int entry = find(name);
        if (entry < 0 || area.getInt(entry + VECTOR_LENGTH) != 0 || area.get(entry + TYPE) != 'J') {
            return null;
        }
        int data = entry + area.getInt(entry + DATA_OFFSET);
        return data >= 0 && data <= area.capacity() - Long.BYTES ? new CounterWord(area, data, address + data) : null;
    }

    /** The text of this name; null if there is none. */
    @Nullable
    String text(String name) {
        int entry = find(name);
        if (entry < 0 || area.get(entry + TYPE) != 'B') {
            return null;
        }
        int length = area.getInt(entry + VECTOR_LENGTH);
        int data = entry + area.getInt(entry + DATA_OFFSET);
        if (length <= 0 || length > MAX_TEXT || data < 0 || data > area.capacity() - length) {
            return null;
        }
        byte[] bytes = new byte[length];
        area.get(data, bytes);
        int end = 0;
        while (end < length && bytes[end] != 0) {
            end++;
        }
        return new String(bytes, 0, end, StandardCharsets.US_ASCII);
    }

    /** Where the entry of this name is; -1 if there is none. */
    private int find(String name) {
        byte[] wanted = name.getBytes(StandardCharsets.US_ASCII);
        int at = area.getInt(ENTRY_OFFSET);
        int count = area.getInt(NUM_ENTRIES);
        for (int i = 0; i < count && at >= 0 && at <= area.capacity() - HEADER_BYTES; i++) {
            int length = area.getInt(at);
            if (length < HEADER_BYTES || length > area.capacity() - at) {
                return -1;
            }
            if (isNamed(at + area.getInt(at + NAME_OFFSET), wanted)) {
                return at;
            }
            at += length;
        }
        return -1;
    }

    private static final class CounterWord implements JvmCounter {
        private final ByteBuffer area;
        private final int at;
        private final long address;

        CounterWord(ByteBuffer area, int at, long address) {
            this.area = area;
            this.at = at;
            this.address = address;
        }

        @Override
        public long address() {
            return address;
        }

        @Override
        public long value() {
            return area.getLong(at);
        }
    }

    private boolean isNamed(int at, byte[] wanted) {
        if (at < 0 || at + wanted.length >= area.capacity()) {
            return false;
        }
        for (int i = 0; i < wanted.length; i++) {
            if (area.get(at + i) != wanted[i]) {
                return false;
            }
        }
        return area.get(at + wanted.length) == 0;
    }
}

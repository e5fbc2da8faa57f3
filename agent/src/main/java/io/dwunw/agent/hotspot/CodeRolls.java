// SPDX-License-Identifier: MIT
package io.dwunw.agent.hotspot;

import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Record of which code lay where whenever a collection began: {@code code_rolls.c} calls a roll then, in the JVM's own
 * thread, while Java threads stand still. For JVMs that free code in collections only (JDK 20 and later), and in which
 * it does not matter therefore how long a stack waits to be walked.
 *
 * <p>Why that is enough: code that was on a stack at some moment lies where it lay until the next collection's pause
 * begins, at least. HotSpot frees compiled code only when a collection has found it unused ({@code
 * ClassUnloadingContext::free_nmethods}, before JDK 22 {@code CodeCache::flush_unlinked_nmethods}). The collectors that
 * do so in a pause (Serial, Parallel, G1) have said before that it begins (JVMTI {@code GarbageCollectionStart}, from
 * {@code SvcGCMarker}). Those that do so beside the program (ZGC, Shenandoah) said so when the pause began from which
 * on they mark, and keep what was on a stack then, or was entered or made since ({@code
 * nmethod::mark_as_maybe_on_stack}, {@code nmethod::is_cold}; the pause arms all entry barriers). So the code at an
 * address is that of the stack if the first roll that was called after the copy has it there under its number, which is
 * never used twice.
 *
 * <pre>
 *   sequence(0) ticked(8) made(16) pause(24) roll[16](32): since(0) until(8) buffer(16) valid(20) starts[17](24)
 *   buffer[17](4096): entry[131072]: segment(0) length(4) id(8)
 * </pre>
 *
 * <p>Hot: {@link #ticked} and {@link #lastPauseNanos}. Allocates nothing. One reader.
 */
final class CodeRolls {
    private static final int SEQUENCE = 0;
    private static final int TICKED = 8;
    private static final int MADE = 16;
    private static final int PAUSE = 24;
    private static final int ROLLS = 16;
    private static final int ROLLS_AT = 32;
    private static final int ROLL_BYTES = 96;
    private static final int SINCE = 0;
    private static final int UNTIL = 8;
    private static final int BUFFER = 16;
    private static final int VALID = 20;
    private static final int STARTS = 24;
    private static final int BUFFERS_AT = 4096;
    private static final int ENTRIES = 1 << 17;
    private static final int ENTRY_BYTES = 12;
    private static final int ID = 8;
    /** Between two of them lies a collection: no lookup meets more than one. */
    private static final int ATTEMPTS = 3;

    private final ByteBuffer memory;

    CodeRolls(ByteBuffer memory) {
        this.memory = memory.order(ByteOrder.nativeOrder());
    }

    /** Somebody is there to read: without that no roll is called after some seconds. */
    void ticked(long nanos) {
        memory.putLong(TICKED, nanos);
    }

    /** When the last collection began; 0 if that was before anything could be freed. */
    long lastPauseNanos() {
        return memory.getLong(PAUSE);
    }

    /**
     * Whether the code in a block ran there at that moment, as the first roll after it says.
     *
     * @param heap the code heap's number
     * @param segment where the block begins
     * @param id what stands there in the place of a compile id
     */
    boolean wasThere(int heap, int segment, int id, long nanos) {
        for (int i = 0; i < ATTEMPTS; i++) {
            long before = memory.getLong(SEQUENCE);
            VarHandle.loadLoadFence();
            boolean there = find(heap, segment, id, nanos);
            VarHandle.loadLoadFence();
            if ((before & 1) == 0 && memory.getLong(SEQUENCE) == before) {
                return there;
            }
        }
        return false;
    }

    private boolean find(int heap, int segment, int id, long nanos) {
        long made = memory.getLong(MADE);
        for (long number = made - 1; number >= Math.max(0, made - ROLLS); number--) {
            int roll = ROLLS_AT + (int) (number % ROLLS) * ROLL_BYTES;
            if (nanos > memory.getLong(roll + UNTIL)) {
                return false;
            }
            if (nanos > memory.getLong(roll + SINCE)) {
                return memory.getInt(roll + VALID) != 0 && isIn(roll, heap, segment, id);
            }
        }
        return false;
    }

    private boolean isIn(int roll, int heap, int segment, int id) {
        int buffer = BUFFERS_AT + memory.getInt(roll + BUFFER) * ENTRIES * ENTRY_BYTES;
        int low = memory.getInt(roll + STARTS + heap * Integer.BYTES);
        int high = memory.getInt(roll + STARTS + (heap + 1) * Integer.BYTES) - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            int entry = buffer + middle * ENTRY_BYTES;
            int found = memory.getInt(entry);
            if (found == segment) {
                return memory.getInt(entry + ID) == id;
            }
            if (found < segment) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return false;
    }
}

// SPDX-License-Identifier: MIT
package io.dwunw.agent.bpf;

import io.dwunw.agent.bpf.Libc.Range;
import java.nio.ByteBuffer;

/**
 * Offsets in bytes of what {@code state.h} declares beside the maps: {@code struct config}, {@code struct settings},
 * {@code struct call}, {@code struct stack_bounds}, {@code struct counters}.
 */
final class EngineLayout {
    static final int ALLOCATORS = 14;
    static final int SIZE_CLASSES = 5;
    static final int PAGE = 4096;
    static final int MAX_STACK_BYTES = 32 * PAGE;

    static final int CONFIG_PIDNS_DEV = 0;
    static final int CONFIG_PIDNS_INO = 8;
    static final int CONFIG_LIBC_LOW = 16;
    static final int CONFIG_LIBC_BYTES = 24;
    static final int CONFIG_LIBPTHREAD_LOW = 32;
    static final int CONFIG_LIBPTHREAD_BYTES = 40;
    static final int CONFIG_ALLOCATOR_LOW = 48;
    static final int CONFIG_ALLOCATOR_BYTES = 56;
    static final int CONFIG_PID = 64;
    static final int CONFIG_CLASS_BYTES = 72;
    static final int CONFIG_RING_BYTES = 92;
    static final int CONFIG_LENGTH = 96;

    static final int SETTINGS_INTERVAL = 0;
    static final int SETTINGS_ANCHOR_SP_OFFSET = 8;
    static final int SETTINGS_ANCHOR_PC_OFFSET = 16;
    static final int SETTINGS_ANCHOR_FP_OFFSET = 24;
    static final int SETTINGS_STACK_BASE_OFFSET = 32;
    static final int SETTINGS_MAPPINGS_DEAD = 40;
    static final int SETTINGS_MAPPINGS_SAMPLED = 48;
    static final int SETTINGS_ATTACHMENT = 56;
    static final int SETTINGS_LENGTH = 64;

    static final int CALL_FLAGS = 56;
    static final int CALL_LENGTH = 80;
    static final int CALL_EXCLUDED = 4;

    static final int BOUNDS_LOW = 0;
    static final int BOUNDS_HIGH = 8;
    static final int BOUNDS_LENGTH = 16;

    static final int CUSTOM_CONSTANT = 0;
    static final int CUSTOM_FIRST = 8;
    static final int CUSTOM_SECOND = 12;
    static final int CUSTOM_OUT = 16;
    static final int CUSTOM_LENGTH = 24;
    static final int CUSTOM_FUNCTIONS = 32;
    static final int CUSTOM_FREES = 1;
    static final int CUSTOM_RETURNED = 7;

    static final int COUNTERS_CALLS = 0;
    static final int COUNTERS_BYTES = 112;
    static final int COUNTERS_SAMPLED = 224;
    static final int COUNTERS_FREES = 232;
    static final int COUNTERS_UNFREES = 240;
    static final int COUNTERS_LOST_ALLOCATIONS = 248;
    static final int COUNTERS_LOST_FREES = 256;
    static final int COUNTERS_CUT = 264;
    static final int COUNTERS_FAULTED = 272;
    static final int COUNTERS_LIVE_FULL = 280;
    static final int COUNTERS_UNTRACKED = 288;
    static final int COUNTERS_ABANDONED = 296;
    static final int COUNTERS_UNBOUNDED = 304;
    static final int COUNTERS_HOOK_HITS = 312;
    static final int COUNTERS_ODD_SIZES = 320;
    static final int COUNTERS_WITHOUT_STACK = 328;
    static final int COUNTERS_LENGTH = 336;

    private EngineLayout() {}

    static void putRange(ByteBuffer config, int at, Range range) {
        config.putLong(at, range.low()).putLong(at + Long.BYTES, range.bytes());
    }

    /**
     * Room for the stack in records, rising: a shallow stack shall not cost a deep one's room. Classes that would be
     * larger than the limit collapse into it.
     */
    static int[] sizeClasses(int stackBytes) {
        int largest = Math.max(PAGE, Math.min(stackBytes, MAX_STACK_BYTES)) / PAGE * PAGE;
        int[] classes = new int[SIZE_CLASSES];
        for (int i = 0; i < SIZE_CLASSES - 1; i++) {
            classes[i] = Math.min(PAGE << i, largest);
        }
        classes[SIZE_CLASSES - 1] = largest;
        return classes;
    }
}

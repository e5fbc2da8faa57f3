/* SPDX-License-Identifier: MIT
 *
 * Prints what C makes of the layouts that Java repeats: "JavaClass.CONSTANT value" per line. LayoutTest compares.
 */
#include <stddef.h>
#include <stdio.h>

/* The compiler of the host sees the same declarations as the BPF program; helpers are constants that are unused here.
 * */
#pragma GCC diagnostic ignored "-Wunused-variable"
#pragma GCC diagnostic ignored "-Wunused-function"
#include "../../main/bpf/state.h"

#define SAMPLE(name, type, field) printf("SampleDescriptor." name " %zu\n", offsetof(struct type, field))
#define ENGINE(name, type, field) printf("EngineLayout." name " %zu\n", offsetof(struct type, field))
#define SAMPLE_VALUE(name, value) printf("SampleDescriptor." name " %zu\n", (size_t) (value))
#define ENGINE_VALUE(name, value) printf("EngineLayout." name " %zu\n", (size_t) (value))

static void sample(void)
{
    SAMPLE("KIND", dwunw_free, kind);
    SAMPLE("ALLOCATOR", dwunw_free, allocator);
    SAMPLE("FLAGS", dwunw_free, flags);
    SAMPLE("TIME_NS", dwunw_free, time_ns);
    SAMPLE("ADDRESS", dwunw_free, address);
    SAMPLE("SIZE", dwunw_free, size);
    SAMPLE("INTERVAL", dwunw_free, interval);
    SAMPLE("TID", dwunw_free, tid);
    SAMPLE("PID", dwunw_free, pid);
    SAMPLE_VALUE("FREE_BYTES", sizeof(struct dwunw_free));
    SAMPLE("BARE_DRAWN", dwunw_bare, drawn);
    SAMPLE_VALUE("BARE_BYTES", sizeof(struct dwunw_bare));
    SAMPLE("OLD_ADDRESS", dwunw_move, old_address);
    SAMPLE("KEPT", dwunw_move, kept);
    SAMPLE_VALUE("MOVE_BYTES", sizeof(struct dwunw_move));
    SAMPLE("COMM", dwunw_allocation, comm);
    SAMPLE_VALUE("COMM_BYTES", sizeof(((struct dwunw_allocation *) 0)->comm));
    SAMPLE("ANCHOR_THREAD", dwunw_allocation, anchor_thread);
    SAMPLE("ANCHOR_SP", dwunw_allocation, anchor_sp);
    SAMPLE("ANCHOR_PC", dwunw_allocation, anchor_pc);
    SAMPLE("ANCHOR_FP", dwunw_allocation, anchor_fp);
    SAMPLE("STACK_BASE", dwunw_allocation, stack_base);
    SAMPLE("STACK_LENGTH", dwunw_allocation, stack_length);
    SAMPLE("STACK_CAPACITY", dwunw_allocation, stack_capacity);
    SAMPLE("REGISTERS", dwunw_allocation, registers);
    SAMPLE("RETURN_ADDRESS", dwunw_allocation, return_address);
    SAMPLE("DRAWN", dwunw_allocation, drawn);
    SAMPLE("STACK", dwunw_allocation, stack);
    SAMPLE_VALUE("ALLOCATION_HEADER_BYTES", sizeof(struct dwunw_allocation));
    SAMPLE_VALUE("REGISTER_COUNT", sizeof(((struct dwunw_allocation *) 0)->registers) / sizeof(u64));
    SAMPLE_VALUE("KIND_ALLOCATION", DWUNW_KIND_ALLOCATION);
    SAMPLE_VALUE("KIND_FREE", DWUNW_KIND_FREE);
    SAMPLE_VALUE("KIND_UNFREE", DWUNW_KIND_UNFREE);
    SAMPLE_VALUE("KIND_BARE", DWUNW_KIND_BARE);
    SAMPLE_VALUE("KIND_MOVE", DWUNW_KIND_MOVE);
    SAMPLE_VALUE("FLAG_AT_RETURN", DWUNW_FLAG_AT_RETURN);
    SAMPLE_VALUE("FLAG_STACK_CUT", DWUNW_FLAG_STACK_CUT);
    SAMPLE_VALUE("FLAG_STACK_FAULT", DWUNW_FLAG_STACK_FAULT);
    SAMPLE_VALUE("FLAG_ANCHOR", DWUNW_FLAG_ANCHOR);
    SAMPLE_VALUE("FLAG_MOVES", DWUNW_FLAG_MOVES);
    SAMPLE_VALUE("FLAG_GROWN", DWUNW_FLAG_GROWN);
}

static void allocators(void)
{
    printf("Allocator.MALLOC %d\n", DWUNW_MALLOC);
    printf("Allocator.CALLOC %d\n", DWUNW_CALLOC);
    printf("Allocator.REALLOC %d\n", DWUNW_REALLOC);
    printf("Allocator.REALLOCARRAY %d\n", DWUNW_REALLOCARRAY);
    printf("Allocator.POSIX_MEMALIGN %d\n", DWUNW_POSIX_MEMALIGN);
    printf("Allocator.ALIGNED_ALLOC %d\n", DWUNW_ALIGNED_ALLOC);
    printf("Allocator.MEMALIGN %d\n", DWUNW_MEMALIGN);
    printf("Allocator.VALLOC %d\n", DWUNW_VALLOC);
    printf("Allocator.PVALLOC %d\n", DWUNW_PVALLOC);
    printf("Allocator.MMAP %d\n", DWUNW_MMAP);
    printf("Allocator.MREMAP %d\n", DWUNW_MREMAP);
    printf("Allocator.FREE %d\n", DWUNW_FREE);
    printf("Allocator.MUNMAP %d\n", DWUNW_MUNMAP);
    printf("Allocator.CUSTOM %d\n", DWUNW_CUSTOM);
}

static void engine(void)
{
    ENGINE_VALUE("ALLOCATORS", DWUNW_ALLOCATORS);
    ENGINE_VALUE("SIZE_CLASSES", SIZE_CLASSES);
    ENGINE_VALUE("PAGE", PAGE);
    ENGINE_VALUE("MAX_STACK_BYTES", DWUNW_MAX_STACK_PAGES * PAGE);
    ENGINE("CONFIG_PIDNS_DEV", config, pidns_dev);
    ENGINE("CONFIG_PIDNS_INO", config, pidns_ino);
    ENGINE("CONFIG_LIBC_LOW", config, libc_low);
    ENGINE("CONFIG_LIBC_BYTES", config, libc_bytes);
    ENGINE("CONFIG_LIBPTHREAD_LOW", config, libpthread_low);
    ENGINE("CONFIG_LIBPTHREAD_BYTES", config, libpthread_bytes);
    ENGINE("CONFIG_ALLOCATOR_LOW", config, allocator_low);
    ENGINE("CONFIG_ALLOCATOR_BYTES", config, allocator_bytes);
    ENGINE("CONFIG_PID", config, pid);
    ENGINE("CONFIG_CLASS_BYTES", config, class_bytes);
    ENGINE("CONFIG_RING_BYTES", config, ring_bytes);
    ENGINE_VALUE("CONFIG_LENGTH", sizeof(struct config));
    ENGINE("SETTINGS_INTERVAL", settings, interval);
    ENGINE("SETTINGS_ANCHOR_SP_OFFSET", settings, anchor_sp_offset);
    ENGINE("SETTINGS_ANCHOR_PC_OFFSET", settings, anchor_pc_offset);
    ENGINE("SETTINGS_ANCHOR_FP_OFFSET", settings, anchor_fp_offset);
    ENGINE("SETTINGS_STACK_BASE_OFFSET", settings, stack_base_offset);
    ENGINE("SETTINGS_MAPPINGS_DEAD", settings, mappings_dead);
    ENGINE("SETTINGS_MAPPINGS_SAMPLED", settings, mappings_sampled);
    ENGINE("SETTINGS_ATTACHMENT", settings, attachment);
    ENGINE_VALUE("SETTINGS_LENGTH", sizeof(struct settings));
    ENGINE("CALL_FLAGS", call, flags);
    ENGINE_VALUE("CALL_LENGTH", sizeof(struct call));
    ENGINE_VALUE("CALL_EXCLUDED", CALL_EXCLUDED);
    ENGINE("BOUNDS_LOW", stack_bounds, low);
    ENGINE("BOUNDS_HIGH", stack_bounds, high);
    ENGINE_VALUE("BOUNDS_LENGTH", sizeof(struct stack_bounds));
    ENGINE("COUNTERS_CALLS", counters, calls);
    ENGINE("COUNTERS_BYTES", counters, bytes);
    ENGINE("COUNTERS_SAMPLED", counters, sampled);
    ENGINE("COUNTERS_FREES", counters, frees);
    ENGINE("COUNTERS_UNFREES", counters, unfrees);
    ENGINE("COUNTERS_LOST_ALLOCATIONS", counters, lost_allocations);
    ENGINE("COUNTERS_LOST_FREES", counters, lost_frees);
    ENGINE("COUNTERS_CUT", counters, cut);
    ENGINE("COUNTERS_FAULTED", counters, faulted);
    ENGINE("COUNTERS_LIVE_FULL", counters, live_full);
    ENGINE("COUNTERS_UNTRACKED", counters, untracked);
    ENGINE("COUNTERS_ABANDONED", counters, abandoned);
    ENGINE("COUNTERS_UNBOUNDED", counters, unbounded);
    ENGINE("COUNTERS_HOOK_HITS", counters, hook_hits);
    ENGINE("COUNTERS_ODD_SIZES", counters, odd_sizes);
    ENGINE("COUNTERS_WITHOUT_STACK", counters, without_stack);
    ENGINE("CUSTOM_CONSTANT", custom_function, constant);
    ENGINE("CUSTOM_FIRST", custom_function, first);
    ENGINE("CUSTOM_SECOND", custom_function, second);
    ENGINE("CUSTOM_OUT", custom_function, out);
    ENGINE_VALUE("CUSTOM_LENGTH", sizeof(struct custom_function));
    ENGINE_VALUE("CUSTOM_FUNCTIONS", CUSTOM_FUNCTIONS);
    ENGINE_VALUE("CUSTOM_FREES", CUSTOM_FREES);
    ENGINE_VALUE("CUSTOM_RETURNED", CUSTOM_RETURNED);
    ENGINE_VALUE("COUNTERS_LENGTH", sizeof(struct counters));
}

int main(void)
{
    sample();
    allocators();
    engine();
    return 0;
}

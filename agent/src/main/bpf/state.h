/* SPDX-License-Identifier: MIT
 *
 * Maps, constants and settings: everything that the program and io.dwunw.agent.bpf share, except the record itself.
 * EngineLayoutTest compares the offsets with the Java side.
 */
#ifndef DWUNW_STATE_H
#define DWUNW_STATE_H

#include "../native/sample.h"
#include "kernel.h"

#define PAGE 4096ull
#define SIZE_CLASSES 5
#define DWUNW_MAX_STACK_PAGES 32 /* no class has room for more */

/* Known before the program is loaded; frozen then, so that the verifier takes them for constants. */
struct config {
    u64 pidns_dev; /* of /proc/self/ns/pid, as stat() gives it */
    u64 pidns_ino;
    u64 libc_low; /* libc's executable pages */
    u64 libc_bytes;
    u64 libpthread_low; /* before glibc 2.34 thread stacks were mapped from a library of its own */
    u64 libpthread_bytes;
    u64 allocator_low; /* from the first to the last allocator function in libc */
    u64 allocator_bytes;
    u32 pid;
    u32 reserved;
    u32 class_bytes[SIZE_CLASSES]; /* rising; room for the stack in a record */
    u32 ring_bytes;
};

const volatile struct config config SEC(".rodata.config") = {};

/* Changed by user space at any time through shared memory, and one count back. */
struct settings {
    u64 interval;         /* mean bytes between samples, below 2^32; 0 and 1 = every allocation */
    u64 anchor_sp_offset; /* from JavaThread* to its JavaFrameAnchor's words; all 0 = not known */
    u64 anchor_pc_offset;
    u64 anchor_fp_offset;
    u64 stack_base_offset; /* of the word that says where its stack ends; 0 = not known */
    u64 mappings_dead;     /* how many of mappings_sampled user space knows to be gone */
    u64 mappings_sampled;  /* written here */
    /* number of the attachment; 0 while not all probes of libc's functions are set: nothing is sampled */
    u64 attachment;
};

volatile struct settings settings SEC(".bss.settings");

enum call_flag {
    CALL_SAMPLED = 1,
    CALL_FREED = 2,
    CALL_EXCLUDED = 4, /* set by user space: the thread is not to be sampled */
    CALL_LEAVING = 8,  /* what was reported dead will be somewhere else, or stays */
    CALL_GROWN = 16,   /* the sampled block has been moved, and is drawn for what it has grown by */
};

/* A call under way whose return matters, by thread. */
struct call {
    u64 sp; /* at the function's first instruction */
    u64 size;
    u64 interval;
    u64 result_at;     /* posix_memalign: where the address will be */
    u64 freed_address; /* what was reported dead at entry */
    u64 freed_size;
    u32 freed_allocator;
    u32 allocator;
    u32 flags;
    u32 remembered; /* the new address stands in `live` */
    u64 attachment; /* the return of a call that an earlier one saw will not be seen */
    u64 drawn;      /* the last bytes of `size`, which are new */
};

/* Larger than any stack; a word that promises more does not belong to a live thread. */
#define MAX_STACK_SPAN (1ull << 32)

struct stack_bounds {
    u64 low;
    u64 high;
};

/* One per CPU, so that no two CPUs write to a line; atomic all the same, since a program may be preempted. */
struct counters {
    u64 calls[DWUNW_ALLOCATORS];
    u64 bytes[DWUNW_ALLOCATORS]; /* asked for */
    u64 sampled;                 /* allocation records submitted, with a stack or without */
    u64 frees;                   /* free records submitted */
    u64 unfrees;
    u64 lost_allocations; /* no room in the ring */
    u64 lost_frees;
    u64 cut;           /* stack longer than the record's largest class */
    u64 faulted;       /* a page in the middle of the stack could not be read */
    u64 live_full;     /* sampled, but no room to remember the address: not reported */
    u64 untracked;     /* of interest, but too many calls under way */
    u64 abandoned;     /* calls whose return was never seen */
    u64 unbounded;     /* the stack's end is unknown */
    u64 hook_hits;     /* of the hooks' probe points */
    u64 odd_sizes;     /* calls of the user's functions whose size no block can have */
    u64 without_stack; /* of `sampled`: there was no room for a stack in the ring */
};

/* What the user's option says of a function; by its number, which is 2 * pair, + 1 for the one that frees. */
struct custom_function {
    u64 constant; /* bytes of each block, where no argument says so */
    u32 first;  /* number of the argument that is the size, or for a free the address; 0 = constant; CUSTOM_RETURNED */
    u32 second; /* number of the argument to multiply it by; 0 = none */
    u32 out;    /* number of the argument that says where the address will be; 0 = it is returned */
    u32 reserved;
};

#define CUSTOM_FUNCTIONS 32
#define CUSTOM_FREES 1
/* Not an argument: what the function returns is the size; 0 or less if there is no block. */
#define CUSTOM_RETURNED 7

/* A sampled call of a function of the user's that is under way. Such functions may be nested in each other. */
struct custom_key {
    u64 sp; /* at the function's first instruction */
    u32 tid;
    u32 function;
};

struct custom_call {
    u64 size;
    u64 interval;
    u64 result_at;
};

struct map_definition custom SEC("maps") = {.type = MAP_ARRAY,
                                            .key_size = sizeof(u32),
                                            .value_size = sizeof(struct custom_function),
                                            .max_entries = CUSTOM_FUNCTIONS};
/* One whose return was never seen (longjmp, an exception) must not stay forever. */
struct map_definition custom_calls SEC("maps") = {.type = MAP_LRU_HASH,
                                                  .key_size = sizeof(struct custom_key),
                                                  .value_size = sizeof(struct custom_call),
                                                  .max_entries = 16384};
struct map_definition ring SEC("maps") = {.type = MAP_RINGBUF, .max_entries = 8 << 20};
struct map_definition calls SEC("maps") = {
    .type = MAP_HASH, .key_size = sizeof(u32), .value_size = sizeof(struct call), .max_entries = 8192};
struct map_definition live SEC("maps") = {
    .type = MAP_HASH, .key_size = sizeof(u64), .value_size = sizeof(u64), .max_entries = 1 << 17};
/* What is known of threads: the oldest may be forgotten, as the end of a thread is not reported. */
struct map_definition java_threads SEC("maps") = {
    .type = MAP_LRU_HASH, .key_size = sizeof(u32), .value_size = sizeof(u64), .max_entries = 16384};
struct map_definition stacks SEC("maps") = {
    .type = MAP_LRU_HASH, .key_size = sizeof(u32), .value_size = sizeof(struct stack_bounds), .max_entries = 16384};
struct map_definition counted SEC("maps") = {
    .type = MAP_PERCPU_ARRAY, .key_size = sizeof(u32), .value_size = sizeof(struct counters), .max_entries = 1};
struct map_definition probes SEC("maps") = {
    .type = MAP_HASH, .key_size = sizeof(u64), .value_size = sizeof(u32), .max_entries = 64};

INLINE void add(u64 *counter, u64 amount)
{
    __sync_fetch_and_add(counter, amount);
}

/* By halves: there is no 128-bit product here, and clang makes one of every shorter test for overflow. */
INLINE u64 product(u64 a, u64 b, int *overflow)
{
    if (LIKELY(((a | b) >> 32) == 0)) {
        return a * b;
    }
    u64 a_high = a >> 32;
    u64 b_high = b >> 32;
    u64 low = (u64) (u32) a * (u32) b;
    u64 cross = a_high * (u32) b + b_high * (u32) a;
    u64 upper = cross + (low >> 32);
    *overflow = (a_high != 0 && b_high != 0) || upper >> 32 != 0;
    return upper << 32 | (u32) low;
}

INLINE int identify(struct pid_namespace_ids *ids)
{
    /* A child that shares the memory (vfork) has its own tgid: it is not this process. */
    return pid_tgid_in_namespace(config.pidns_dev, config.pidns_ino, ids, sizeof(*ids)) == 0 && ids->tgid == config.pid;
}

#endif

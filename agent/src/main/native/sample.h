/* SPDX-License-Identifier: MIT
 *
 * The record that producers (the BPF program, the in-process hooks) put into the sample ring and that
 * io.dwunw.agent.sample reads. One layout for all: little endian, every field naturally aligned.
 * SampleLayoutTest compares each offset below with the Java descriptor.
 *
 *   0        2          4        8                 16        24      32         40    44    48
 *   | kind   | allocator| flags  | time_ns         | address | size  | interval | tid | pid |
 *   +-- a free and an allocation without its stack end here (DWUNW_FREE_BYTES) -----------------+
 *   48              56              64
 *   | old_address   | kept          | a move ends here (DWUNW_MOVE_BYTES)
 *   | drawn         | an allocation without its stack of which not all bytes were drawn ends here (DWUNW_BARE_BYTES)
 *                                     any other goes on:
 *   48              64                   72         80         88         96            104  108
 *   | comm[16]      | anchor_thread      | anchor_sp| anchor_pc| anchor_fp| stack_base  | len | cap |
 *   112                                                                                 248              256     264
 * | registers[17], DWARF order, x86-64: rax rdx rcx rbx rsi rdi rbp rsp r8-r15, then pc | return_address | drawn |
 * stack bytes ...
 */
#ifndef DWUNW_SAMPLE_H
#define DWUNW_SAMPLE_H

#ifdef __bpf__
typedef unsigned char dwunw_u8;
typedef unsigned short dwunw_u16;
typedef unsigned int dwunw_u32;
typedef unsigned long long dwunw_u64;
#else
#include <stdint.h>
typedef uint8_t dwunw_u8;
typedef uint16_t dwunw_u16;
typedef uint32_t dwunw_u32;
typedef uint64_t dwunw_u64;
#endif

enum dwunw_kind {
    DWUNW_KIND_ALLOCATION = 1, /* a sampled block came to life; a snapshot follows */
    DWUNW_KIND_FREE = 2,       /* a sampled block died (or, for munmap, `size` bytes at `address` were unmapped) */
    DWUNW_KIND_UNFREE = 3,     /* the free before did not happen: realloc or mremap failed, the old block lives on */
    DWUNW_KIND_BARE = 4,       /* an allocation whose stack there was no room for */
    DWUNW_KIND_MOVE = 5,       /* the free before was the first half of a reallocation: where the block is now */
};

/* The order is that of io.dwunw.agent.sample.Allocator. */
enum dwunw_allocator {
    DWUNW_MALLOC = 0,
    DWUNW_CALLOC = 1,
    DWUNW_REALLOC = 2,
    DWUNW_REALLOCARRAY = 3,
    DWUNW_POSIX_MEMALIGN = 4,
    DWUNW_ALIGNED_ALLOC = 5,
    DWUNW_MEMALIGN = 6,
    DWUNW_VALLOC = 7,
    DWUNW_PVALLOC = 8,
    DWUNW_MMAP = 9,
    DWUNW_MREMAP = 10,
    DWUNW_FREE = 11,
    DWUNW_MUNMAP = 12,
    DWUNW_CUSTOM = 13, /* the first of the pairs named by the user; a record says 13 + the pair's number */
    DWUNW_ALLOCATORS = 14
};

enum dwunw_flag {
    /* The registers are those of the caller, just after the allocator returned: `registers[16]` is a return
     * address, to be looked up at pc - 1. Absent: they are those of the allocator's first instruction. */
    DWUNW_FLAG_AT_RETURN = 1u << 0,
    /* The stack goes on beyond the bytes copied: the size class or the configured limit ended the copy. */
    DWUNW_FLAG_STACK_CUT = 1u << 1,
    /* A page of the stack could not be read before the limit was reached (often simply the stack's end). */
    DWUNW_FLAG_STACK_FAULT = 1u << 2,
    /* anchor_* hold the thread's JavaFrameAnchor as it was when the sample was taken. */
    DWUNW_FLAG_ANCHOR = 1u << 3,
    /* Of a free: a move by the same thread follows, or an FREE_UNDONE. */
    DWUNW_FLAG_MOVES = 1u << 4,
    /* Of an allocation: the heap block was sampled before and has grown; the thread's move before says where it is. */
    DWUNW_FLAG_GROWN = 1u << 5,
};

struct dwunw_free {
    dwunw_u16 kind;
    dwunw_u16 allocator;
    dwunw_u32 flags;
    dwunw_u64 time_ns;  /* CLOCK_MONOTONIC */
    dwunw_u64 address;  /* of the block, as the application sees it */
    dwunw_u64 size;     /* bytes asked for; 0 for a free() */
    dwunw_u64 interval; /* mean bytes between samples in force when it was taken; 1 = every allocation */
    dwunw_u32 tid;      /* in the target's PID namespace */
    dwunw_u32 pid;
};

/* A reallocation changes a block's size in two ways. `kept` bytes are as much as the old block had room for, at most
 * all of the new: what is known of the old block applies to them. The rest is new, and drawn as an allocation of its
 * own. */
struct dwunw_move {
    struct dwunw_free head; /* address and size: of the new block */
    dwunw_u64 old_address;  /* as in the free before */
    dwunw_u64 kept;
};

/* Ends after the head where all bytes were drawn. */
struct dwunw_bare {
    struct dwunw_free head;
    dwunw_u64 drawn; /* as in dwunw_allocation */
};

struct dwunw_allocation {
    struct dwunw_free head;
    char comm[16];            /* NUL-padded OS thread name */
    dwunw_u64 anchor_thread;  /* JavaThread*, 0 = not a Java thread or not known */
    dwunw_u64 anchor_sp;      /* JavaFrameAnchor::_last_Java_sp */
    dwunw_u64 anchor_pc;      /* JavaFrameAnchor::_last_Java_pc */
    dwunw_u64 anchor_fp;      /* JavaFrameAnchor::_last_Java_fp */
    dwunw_u64 stack_base;     /* address that the first stack byte was copied from; <= sp, page aligned or sp itself */
    dwunw_u32 stack_length;   /* bytes copied */
    dwunw_u32 stack_capacity; /* bytes this record's size class has room for */
    dwunw_u64 registers[17];  /* DWARF numbering, pc last */
    dwunw_u64 return_address; /* the allocator's own return address, where the producer knows it; else 0 */
    dwunw_u64 drawn; /* the last bytes of `size`, for which the sample was drawn: all, or what a block has grown by */
    dwunw_u8 stack[];
};

#define DWUNW_FREE_BYTES 48
#define DWUNW_BARE_BYTES 56
#define DWUNW_MOVE_BYTES 64
#define DWUNW_ALLOCATION_HEADER_BYTES 264

_Static_assert(sizeof(struct dwunw_free) == DWUNW_FREE_BYTES, "free record");
_Static_assert(sizeof(struct dwunw_move) == DWUNW_MOVE_BYTES, "move record");
_Static_assert(sizeof(struct dwunw_bare) == DWUNW_BARE_BYTES, "bare record");
_Static_assert(sizeof(struct dwunw_allocation) == DWUNW_ALLOCATION_HEADER_BYTES, "allocation header");
_Static_assert(__builtin_offsetof(struct dwunw_free, time_ns) == 8, "time_ns");
_Static_assert(__builtin_offsetof(struct dwunw_free, address) == 16, "address");
_Static_assert(__builtin_offsetof(struct dwunw_free, size) == 24, "size");
_Static_assert(__builtin_offsetof(struct dwunw_free, interval) == 32, "interval");
_Static_assert(__builtin_offsetof(struct dwunw_free, tid) == 40, "tid");
_Static_assert(__builtin_offsetof(struct dwunw_free, pid) == 44, "pid");
_Static_assert(__builtin_offsetof(struct dwunw_move, old_address) == 48, "old_address");
_Static_assert(__builtin_offsetof(struct dwunw_move, kept) == 56, "kept");
_Static_assert(__builtin_offsetof(struct dwunw_allocation, comm) == 48, "comm");
_Static_assert(__builtin_offsetof(struct dwunw_allocation, anchor_thread) == 64, "anchor_thread");
_Static_assert(__builtin_offsetof(struct dwunw_allocation, stack_base) == 96, "stack_base");
_Static_assert(__builtin_offsetof(struct dwunw_allocation, stack_length) == 104, "stack_length");
_Static_assert(__builtin_offsetof(struct dwunw_allocation, registers) == 112, "registers");
_Static_assert(__builtin_offsetof(struct dwunw_allocation, return_address) == 248, "return_address");
_Static_assert(__builtin_offsetof(struct dwunw_allocation, drawn) == 256, "drawn");
_Static_assert(__builtin_offsetof(struct dwunw_allocation, stack) == 264, "stack");

#endif

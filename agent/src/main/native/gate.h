/* SPDX-License-Identifier: MIT
 *
 * The in-process gate: samples allocations inside the process, before any trap. See io.dwunw.agent.gate.
 *
 *   import slot --> gate_stub (gate_entry.S) --> the real function                     not sampled
 *                        '--> gate_slow (gate_call.c) --> the real function
 *                                  '--> gate_live / gate_regions, gate_capture --> gate_queue, probe points
 *
 * Everything an application thread runs through is lock-free, never blocks, calls no allocator but the application's
 * own, and leaves errno alone. Nothing that a thread could still be running in or writing to is ever unmapped.
 */
#ifndef DWUNW_GATE_H
#define DWUNW_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "gate_layout.h"
#include "sample.h"

#define GATE_PAGE 4096

/* glibc moved these into libc.so.6 under a new version; the old one exists everywhere. */
#if defined(__x86_64__) && defined(__GLIBC__)
__asm__(".symver dlsym, dlsym@GLIBC_2.2.5");
__asm__(".symver dladdr, dladdr@GLIBC_2.2.5");
__asm__(".symver dlopen, dlopen@GLIBC_2.2.5");
__asm__(".symver dlclose, dlclose@GLIBC_2.2.5");
__asm__(".symver pthread_key_create, pthread_key_create@GLIBC_2.2.5");
__asm__(".symver pthread_setspecific, pthread_setspecific@GLIBC_2.2.5");
__asm__(".symver pthread_getspecific, pthread_getspecific@GLIBC_2.2.5");
__asm__(".symver pthread_getattr_np, pthread_getattr_np@GLIBC_2.2.5");
__asm__(".symver pthread_attr_getstack, pthread_attr_getstack@GLIBC_2.2.5");
#endif

#pragma GCC visibility push(hidden)

/* ---- gate_entry.S ---- */

extern const uintptr_t gate_stub[GATE_FAMILIES][GATE_SYMBOLS];
extern const char gate_stubs_begin[], gate_stubs_end[];
/* Do nothing, but where a BPF program sits on them. `length` is the record's with its stack. */
void gate_probe_allocation(const struct dwunw_allocation *header, uint64_t length);
void gate_probe_free(const struct dwunw_free *record, uint64_t length);

/* ---- gate_thread.c: what each thread owns ---- */

struct gate_seen {
    uint64_t calls;
    uint64_t bytes;
};

/* Lives in memory that is never unmapped, so that a reader may sum the counters of dead threads. */
struct gate_thread {
    uint64_t left;     /* bytes to go until the next sample; 0 = every call goes the slow way */
    uint64_t random;   /* xorshift state, not 0 */
    uint64_t interval; /* that `left` was drawn for */
    uint64_t stack_low;
    uint64_t stack_high; /* 0 = not known yet */
    uint32_t generation; /* of the settings that `left` was drawn for */
    uint32_t tid;
    uint32_t building; /* first cell of the record that is being written; 0 = none */
    uint32_t excluded; /* 1 + index into the frozen counters; 0 = a thread like any other */
    uint32_t state;
    uint32_t recording;                   /* 1 = about to write the record of a birth: detaching waits for it */
    struct gate_seen seen[GATE_COUNTERS]; /* by allocator; of all the threads that have owned this block */
    uint64_t comm_time;                   /* CLOCK_MONOTONIC ns when the kernel was asked for `comm`; 0 = not yet */
    uint64_t comm_first;                  /* the same of the first time */
    char comm[16];
    uint64_t frame;  /* recursion guard: where the stack of the slow path begins that this thread is in; 0 = in none */
    uint32_t nested; /* calls since that came while it was in there */
    uint32_t asking; /* it is in pthread_getattr_np, which holds a lock */
} __attribute__((aligned(64)));

_Static_assert(offsetof(struct gate_thread, left) == GATE_THREAD_LEFT, "left");
_Static_assert(offsetof(struct gate_thread, seen) == GATE_THREAD_SEEN, "seen");
_Static_assert(sizeof(struct gate_seen) == GATE_SEEN_BYTES, "gate_seen");

extern __thread struct gate_thread *gate_thread __attribute__((tls_model("initial-exec")));

int gate_thread_open(void);
/* This thread's block, found or made; NULL when there is no memory. */
struct gate_thread *gate_thread_current(void);
/* This thread's block for a call that frees `address`; NULL also when it is not worth making one. */
struct gate_thread *gate_thread_freeing(uint64_t address);
/* Counts down a call that asks for `size` bytes, `drawn` of which are new; true when it is a sample, of the interval
 * that it was drawn with. */
bool gate_thread_count_down(struct gate_thread *thread, uint64_t size, uint64_t drawn, uint64_t *interval);
/* Makes the threads notice changed settings at their next call instead of at the end of their countdown. */
void gate_thread_restart_all(void);
/* One round of gate_thread_restart_all: whether a thread had to be notified. */
bool gate_thread_restart(void);
void gate_thread_collect_dead(void);
/* Whether the thread is in the slow path already: this call, whose stack begins at `frame`, was made from there, or by
 * a signal handler that has interrupted it. One that was left by longjmp is tidied up. */
bool gate_thread_inside(struct gate_thread *thread, uint64_t frame);
static inline void gate_thread_enter(struct gate_thread *thread, uint64_t frame)
{
    thread->frame = frame;
    thread->nested = 0;
}
/* Returns when no thread is writing the record of a birth any more; gives up after a second or two, once for each. */
void gate_thread_await_records(void);
int gate_thread_exclude(uint32_t tid);
void gate_thread_seen(struct gate_seen total[GATE_COUNTERS]);
/* [low, high) of the stack that `sp` lies on; false when it is a stack that nothing is known about. */
bool gate_thread_stack(struct gate_thread *thread, uint64_t sp, bool may_ask_pthread, uint64_t *high);
/* Exponentially distributed with mean `interval`, rounded so that `size >= left` has probability 1-exp(-size/interval).
 * */
uint64_t gate_draw(uint64_t *random, uint64_t interval);

/* ---- gate_control.c: on and off, settings, statistics ---- */

/* Wiped by the kernel in a forked child, which thereby finds the gate inactive. */
struct gate_control {
    uint32_t active;
    uint32_t generation;
    uint64_t interval;
    uint32_t stack_bytes; /* most bytes of stack copied */
    uint32_t watching;    /* look-ups of functions, also while not active */
    uint32_t capture;     /* copy into the ring; else a BPF program at the probe points does */
    uint32_t pid;
    uint32_t anchor_known;
    uint32_t anchor_offsets[3]; /* of _last_Java_sp, _pc and _fp in a JavaThread */
};

struct gate_statistics {
    uint64_t sampled; /* allocation records written */
    uint64_t freed;   /* free records written; those that take one back do not count */
    uint64_t bare;    /* of these, those that there was no room for a stack for */
    uint64_t lost;    /* allocation records that there was no room for at all */
    uint64_t lost_frees;
    uint64_t cut;       /* snapshots that end before the stack does */
    uint64_t untracked; /* samples dropped because the table of live addresses had no room */
    uint64_t unpatched; /* import slots that could not be patched, as of the last pass */
};

extern struct gate_control *gate_control;
extern struct gate_statistics gate_statistics;

static inline void gate_count(uint64_t *counter)
{
    __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

static inline bool gate_active(void)
{
    struct gate_control *control = __atomic_load_n(&gate_control, __ATOMIC_ACQUIRE);
    return control != NULL && __atomic_load_n(&control->active, __ATOMIC_ACQUIRE) != 0;
}

/* Whether functions that are looked up are replaced by stubs also while nothing is sampled. */
static inline bool gate_watching(void)
{
    struct gate_control *control = __atomic_load_n(&gate_control, __ATOMIC_ACQUIRE);
    return control != NULL && __atomic_load_n(&control->watching, __ATOMIC_ACQUIRE) != 0;
}

/* Also in a child of vfork, which has the memory of its parent. */
bool gate_in_other_process(void);

/* All return 0 (or a count) or -errno. One caller at a time. */
int gate_open(uint64_t ring_bytes, uint32_t stack_bytes, uint64_t interval);
int gate_attach(bool capture);
int gate_detach(void);
/* Begins or ends to hand out stubs for functions that are looked up while nothing is sampled. */
int gate_watch(bool on);
int gate_verify(void);
void gate_set_interval(uint64_t interval);
void gate_set_anchor_offsets(uint32_t sp, uint32_t pc, uint32_t fp);

/* ---- gate_live.c: sampled heap blocks that are live ---- */

extern uint8_t gate_filter[GATE_FILTER_SLOTS];

int gate_live_open(void);
/* `dense`: so many blocks are sampled that the memory of a large table is worth it. */
void gate_live_clear(bool dense);
enum gate_insertion { GATE_NO_ROOM = 0, GATE_INSERTED, GATE_THERE };
/* GATE_THERE: what was there has been freed unseen. */
enum gate_insertion gate_live_insert(uint64_t address);
bool gate_live_remove(uint64_t address);
bool gate_live_contains(uint64_t address);
static inline bool gate_live_may_contain(uint64_t address)
{
    return gate_filter[(uint32_t) address * GATE_FILTER_MULTIPLIER >> GATE_FILTER_SHIFT] != 0;
}

/* ---- gate_region.c: sampled mappings that are live ---- */

#define GATE_UNMAPPED_AT_ONCE 16

struct gate_range {
    uint64_t address;
    uint64_t size;
};

int gate_region_open(void);
void gate_region_clear(void);
bool gate_region_insert(uint64_t address, uint64_t size);
/* The mapping at `low` has grown by [from, to), which is sampled: what of it lies before grows along, if it is
 * sampled. */
bool gate_region_extend(uint64_t low, uint64_t from, uint64_t to);
/* Takes [address, address + size) out of the sampled mappings: the parts that were in one, GATE_UNMAPPED_AT_ONCE at
 * most; a full array means that the caller asks again. */
unsigned gate_region_remove(uint64_t address, uint64_t size, struct gate_range removed[GATE_UNMAPPED_AT_ONCE]);

/* ---- gate_queue.c: the records that wait; layout in gate_queue.c and io.dwunw.agent.gate.GateQueue ---- */

/* By falling addresses: records with stacks, allocations without, frees. */
enum gate_pool { GATE_POOL_STACKS, GATE_POOL_BARE, GATE_POOL_FREES, GATE_POOLS };

/* What the longest record may be scattered over. */
#define GATE_PIECES 136

struct gate_reservation {
    uint32_t cell;
    struct gate_thread *kept; /* remembers it till it is published */
};

/* 0 bytes: none is needed yet. */
int gate_queue_open(uint64_t bytes);
/* False when there is no room. `thread` may be NULL. */
bool gate_queue_reserve(struct gate_thread *thread, enum gate_pool pool, uint32_t length,
                        struct gate_reservation *reservation);
/* Where `length` bytes from `from` on lie. */
unsigned gate_queue_pieces(const struct gate_reservation *reservation, uint32_t from, uint32_t length,
                           struct iovec pieces[GATE_PIECES]);
void gate_queue_write(const struct gate_reservation *reservation, uint32_t from, const void *bytes, uint32_t length);
void gate_queue_publish(const struct gate_reservation *reservation);
/* Gives back the room that a thread left behind while it wrote. */
void gate_queue_abandon(struct gate_thread *thread);
uint64_t gate_queue_address(void);
/* Bytes of cells that were ever used since the last trimming. */
uint64_t gate_queue_used(void);
/* Gives memory that is not needed any more back to the kernel. */
void gate_queue_trim(void);

/* ---- gate_bell.c: wakes the reader ---- */

/* Of what the reader sleeps on: io.dwunw.agent.linux.Doorbell. */
uint64_t gate_bell_address(void);
/* A record has been written and counted. */
void gate_bell_record(void);

/* ---- gate_capture.c: records ---- */

/* A call that came to be sampled. */
struct gate_birth {
    unsigned allocator;
    uint64_t address;
    uint64_t size;
    uint64_t drawn; /* its last bytes, for which the sample was drawn */
    uint64_t interval;
    uint32_t flags; /* beside those that the record gets anyhow */
};

bool gate_capture_allocation(struct gate_thread *thread, const uint64_t registers[GATE_REGISTERS],
                             const struct gate_birth *birth);
/* `thread` may be NULL. */
void gate_capture_free(struct gate_thread *thread, unsigned kind, unsigned allocator, uint64_t address, uint64_t size);
/* The death of a block that is about to be reallocated, or of a mapping that is about to be moved. */
void gate_capture_leaving(struct gate_thread *thread, unsigned allocator, uint64_t address, uint64_t size);
/* Where it is now, and how many of its bytes the old block had room for. False when there is no room for the record. */
bool gate_capture_move(struct gate_thread *thread, unsigned allocator, uint64_t from, uint64_t to, uint64_t size,
                       uint64_t kept);
/* The JavaThread of an OS thread, whose frame anchor goes into its samples; 0 forgets. A Java thread that tells its own
 * shows where the JVM keeps it. */
int gate_java_thread(uint32_t tid, uint64_t java_thread);

/* ---- gate_heap.c: what libc says itself ---- */

void gate_heap_open(void);
/* Bytes of all blocks that libc's allocator has handed out; false if it does not tell, or is not the only one. Only
 * differences count. */
bool gate_heap_in_use(uint64_t *bytes);

/* ---- gate_elf.c, gate_slots.c, gate_open.c: import slots ---- */

extern uintptr_t gate_original[GATE_FAMILIES][GATE_SYMBOLS];
extern struct gate_range gate_libc; /* where it lies; known before the first of its slots is patched */

void gate_slots_resolve(void);
void gate_stay_loaded(void); /* whatever becomes of the class loader */
/* Patch the slots of all libraries: all, or only those of functions that open libraries and look into them. Restore
 * those that are not wanted any more. The number of slots that are patched, or were restored; -EAGAIN when libraries
 * kept coming and going all the time. */
int gate_slots_install(void);
int gate_slots_restore(void);
/* Somebody is about to open a library with these flags. */
void gate_slots_opening(int mode);
/* Bytes that there is room for in a heap block of the family's; 0 where its allocator does not tell. */
uint64_t gate_usable_size(unsigned family, uint64_t address);
/* Patches after a library was opened. */
void gate_slots_opened(void);
/* Patches before a function is looked up: in one attempt, as the caller of the look-up waits. */
void gate_slots_looking_up(void);
/* The stub that stands before `function`, which was found by the name; 0 if there is none, or if `caller` is an
 * allocator of its own. `in_any`: it was looked for by our library in all libraries, and may be another function for
 * the caller. */
uintptr_t gate_slots_stub(unsigned name, uintptr_t function, uintptr_t caller, bool in_any);
/* Whether the gate stands before no other malloc than libc's. */
bool gate_slots_only_libc_allocates(void);
/* Whether a library has a search path that is inherited by what it loads. */
bool gate_slots_any_rpath(void);
/* Whether somebody is in dlopen who will patch what it brings. */
bool gate_opens_under_way(void);
/* Patches the slots of libraries that came since the last pass; cheap when there are none. */
int gate_slots_verify(void);

/* ---- raw system calls: no errno, no cancellation point ---- */

static inline long gate_syscall(long number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f)
{
    register uint64_t r10 __asm__("r10") = d;
    register uint64_t r8 __asm__("r8") = e;
    register uint64_t r9 __asm__("r9") = f;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

/* Anonymous private memory, zeroed and touched only when used; NULL when there is none. */
void *gate_map(uint64_t bytes);
/* Like gate_map, for what no child needs: a fork does not copy it, and the child finds it empty. */
void *gate_map_for_parent(uint64_t bytes);

#pragma GCC visibility pop

#endif

/* SPDX-License-Identifier: MIT
 *
 * The in-process hooks: samples allocations inside the process, before any trap. See io.dwunw.agent.hooks.
 *
 *   import slot --> hooks_stub (hooks_entry.S) --> the real function                     not sampled
 *                        '--> hooks_slow (hooks_call.c) --> the real function
 *                                  '--> hooks_live / hooks_regions, hooks_capture --> hooks_queue, probe points
 *
 * Everything an application thread runs through is lock-free, never blocks, calls no allocator but the application's
 * own, and leaves errno alone. Nothing that a thread could still be running in or writing to is ever unmapped.
 */
#ifndef DWUNW_HOOKS_H
#define DWUNW_HOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "hooks_layout.h"
#include "sample.h"

#define HOOKS_PAGE 4096

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

/* ---- hooks_entry.S ---- */

extern const uintptr_t hooks_stub[HOOKS_FAMILIES][HOOKS_SYMBOLS];
extern const char hooks_stubs_begin[], hooks_stubs_end[];
/* Do nothing, but where a BPF program sits on them. `length` is the record's with its stack. */
void hooks_probe_allocation(const struct dwunw_allocation *header, uint64_t length);
void hooks_probe_free(const struct dwunw_free *record, uint64_t length);

/* ---- hooks_thread.c: what each thread owns ---- */

struct hooks_seen {
    uint64_t calls;
    uint64_t bytes;
};

/* Lives in memory that is never unmapped, so that a reader may sum the counters of dead threads. */
struct hooks_thread {
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
    uint32_t recording;                     /* 1 = about to write the record of a birth: detaching waits for it */
    struct hooks_seen seen[HOOKS_COUNTERS]; /* by allocator; of all the threads that have owned this block */
    uint64_t comm_time;                     /* CLOCK_MONOTONIC ns when the kernel was asked for `comm`; 0 = not yet */
    uint64_t comm_first;                    /* the same of the first time */
    char comm[16];
    uint64_t frame;  /* recursion guard: where the stack of the slow path begins that this thread is in; 0 = in none */
    uint32_t nested; /* calls since that came while it was in there */
    uint32_t asking; /* it is in pthread_getattr_np, which holds a lock */
} __attribute__((aligned(64)));

_Static_assert(offsetof(struct hooks_thread, left) == HOOKS_THREAD_LEFT, "left");
_Static_assert(offsetof(struct hooks_thread, seen) == HOOKS_THREAD_SEEN, "seen");
_Static_assert(sizeof(struct hooks_seen) == HOOKS_SEEN_BYTES, "hooks_seen");

extern __thread struct hooks_thread *hooks_thread __attribute__((tls_model("initial-exec")));

int hooks_thread_open(void);
/* This thread's block, found or made; NULL when there is no memory. */
struct hooks_thread *hooks_thread_current(void);
/* This thread's block for a call that frees `address`; NULL also when it is not worth making one. */
struct hooks_thread *hooks_thread_freeing(uint64_t address);
/* Counts down a call that asks for `size` bytes, `drawn` of which are new; true when it is a sample, of the interval
 * that it was drawn with. */
bool hooks_thread_count_down(struct hooks_thread *thread, uint64_t size, uint64_t drawn, uint64_t *interval);
/* Makes the threads notice changed settings at their next call instead of at the end of their countdown. */
void hooks_thread_restart_all(void);
/* One round of hooks_thread_restart_all: whether a thread had to be notified. */
bool hooks_thread_restart(void);
void hooks_thread_collect_dead(void);
/* Whether the thread is in the slow path already: this call, whose stack begins at `frame`, was made from there, or by
 * a signal handler that has interrupted it. One that was left by longjmp is tidied up. */
bool hooks_thread_inside(struct hooks_thread *thread, uint64_t frame);
static inline void hooks_thread_enter(struct hooks_thread *thread, uint64_t frame)
{
    thread->frame = frame;
    thread->nested = 0;
}
/* Returns when no thread is writing the record of a birth any more; gives up after a second or two, once for each. */
void hooks_thread_await_records(void);
int hooks_thread_exclude(uint32_t tid);
void hooks_thread_seen(struct hooks_seen total[HOOKS_COUNTERS]);
/* [low, high) of the stack that `sp` lies on; false when it is a stack that nothing is known about. */
bool hooks_thread_stack(struct hooks_thread *thread, uint64_t sp, bool may_ask_pthread, uint64_t *high);
/* Exponentially distributed with mean `interval`, rounded so that `size >= left` has probability 1-exp(-size/interval).
 * */
uint64_t hooks_draw(uint64_t *random, uint64_t interval);

/* ---- hooks_control.c: on and off, settings, statistics ---- */

/* Wiped by the kernel in a forked child, which thereby finds the hooks inactive. */
struct hooks_control {
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

struct hooks_statistics {
    uint64_t sampled; /* allocation records written */
    uint64_t freed;   /* free records written; those that take one back do not count */
    uint64_t bare;    /* of these, those that there was no room for a stack for */
    uint64_t lost;    /* allocation records that there was no room for at all */
    uint64_t lost_frees;
    uint64_t cut;       /* snapshots that end before the stack does */
    uint64_t untracked; /* samples dropped because the table of live addresses had no room */
    uint64_t unpatched; /* import slots that could not be patched, as of the last pass */
};

extern struct hooks_control *hooks_control;
extern struct hooks_statistics hooks_statistics;

static inline void hooks_count(uint64_t *counter)
{
    __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

static inline bool hooks_active(void)
{
    struct hooks_control *control = __atomic_load_n(&hooks_control, __ATOMIC_ACQUIRE);
    return control != NULL && __atomic_load_n(&control->active, __ATOMIC_ACQUIRE) != 0;
}

/* Whether functions that are looked up are replaced by stubs also while nothing is sampled. */
static inline bool hooks_watching(void)
{
    struct hooks_control *control = __atomic_load_n(&hooks_control, __ATOMIC_ACQUIRE);
    return control != NULL && __atomic_load_n(&control->watching, __ATOMIC_ACQUIRE) != 0;
}

/* Also in a child of vfork, which has the memory of its parent. */
bool hooks_in_other_process(void);

/* All return 0 (or a count) or -errno. One caller at a time. */
int hooks_open(uint64_t ring_bytes, uint32_t stack_bytes, uint64_t interval);
int hooks_attach(bool capture);
int hooks_detach(void);
/* Begins or ends to hand out stubs for functions that are looked up while nothing is sampled. */
int hooks_watch(bool on);
int hooks_verify(void);
void hooks_set_interval(uint64_t interval);
void hooks_set_anchor_offsets(uint32_t sp, uint32_t pc, uint32_t fp);

/* ---- hooks_live.c: sampled heap blocks that are live ---- */

extern uint8_t hooks_filter[HOOKS_FILTER_SLOTS];

int hooks_live_open(void);
/* `dense`: so many blocks are sampled that the memory of a large table is worth it. */
void hooks_live_clear(bool dense);
enum hooks_insertion { HOOKS_NO_ROOM = 0, HOOKS_INSERTED, HOOKS_THERE };
/* HOOKS_THERE: what was there has been freed unseen. */
enum hooks_insertion hooks_live_insert(uint64_t address);
bool hooks_live_remove(uint64_t address);
bool hooks_live_contains(uint64_t address);
static inline bool hooks_live_may_contain(uint64_t address)
{
    return hooks_filter[(uint32_t) address * HOOKS_FILTER_MULTIPLIER >> HOOKS_FILTER_SHIFT] != 0;
}

/* ---- hooks_region.c: sampled mappings that are live ---- */

#define HOOKS_UNMAPPED_AT_ONCE 16

struct hooks_range {
    uint64_t address;
    uint64_t size;
};

int hooks_region_open(void);
void hooks_region_clear(void);
bool hooks_region_insert(uint64_t address, uint64_t size);
/* The mapping at `low` has grown by [from, to), which is sampled: what of it lies before grows along, if it is
 * sampled. */
bool hooks_region_extend(uint64_t low, uint64_t from, uint64_t to);
/* Takes [address, address + size) out of the sampled mappings: the parts that were in one, HOOKS_UNMAPPED_AT_ONCE at
 * most; a full array means that the caller asks again. */
unsigned hooks_region_remove(uint64_t address, uint64_t size, struct hooks_range removed[HOOKS_UNMAPPED_AT_ONCE]);

/* ---- hooks_queue.c: the records that wait; layout in hooks_queue.c and io.dwunw.agent.hooks.HooksQueue ---- */

/* By falling addresses: records with stacks, allocations without, frees. */
enum hooks_pool { HOOKS_POOL_STACKS, HOOKS_POOL_BARE, HOOKS_POOL_FREES, HOOKS_POOLS };

/* What the longest record may be scattered over. */
#define HOOKS_PIECES 136

struct hooks_reservation {
    uint32_t cell;
    struct hooks_thread *kept; /* remembers it till it is published */
};

/* 0 bytes: none is needed yet. */
int hooks_queue_open(uint64_t bytes);
/* False when there is no room. `thread` may be NULL. */
bool hooks_queue_reserve(struct hooks_thread *thread, enum hooks_pool pool, uint32_t length,
                         struct hooks_reservation *reservation);
/* Where `length` bytes from `from` on lie. */
unsigned hooks_queue_pieces(const struct hooks_reservation *reservation, uint32_t from, uint32_t length,
                            struct iovec pieces[HOOKS_PIECES]);
void hooks_queue_write(const struct hooks_reservation *reservation, uint32_t from, const void *bytes, uint32_t length);
void hooks_queue_publish(const struct hooks_reservation *reservation);
/* Gives back the room that a thread left behind while it wrote. */
void hooks_queue_abandon(struct hooks_thread *thread);
uint64_t hooks_queue_address(void);
/* Bytes of cells that were ever used since the last trimming. */
uint64_t hooks_queue_used(void);
/* Gives memory that is not needed any more back to the kernel. */
void hooks_queue_trim(void);

/* ---- hooks_bell.c: wakes the reader ---- */

/* Of what the reader sleeps on: io.dwunw.agent.linux.Doorbell. */
uint64_t hooks_bell_address(void);
/* A record has been written and counted. */
void hooks_bell_record(void);

/* ---- hooks_capture.c: records ---- */

/* A call that came to be sampled. */
struct hooks_birth {
    unsigned allocator;
    uint64_t address;
    uint64_t size;
    uint64_t drawn; /* its last bytes, for which the sample was drawn */
    uint64_t interval;
    uint32_t flags; /* beside those that the record gets anyhow */
};

bool hooks_capture_allocation(struct hooks_thread *thread, const uint64_t registers[HOOKS_REGISTERS],
                              const struct hooks_birth *birth);
/* `thread` may be NULL. */
void hooks_capture_free(struct hooks_thread *thread, unsigned kind, unsigned allocator, uint64_t address,
                        uint64_t size);
/* The death of a block that is about to be reallocated, or of a mapping that is about to be moved. */
void hooks_capture_leaving(struct hooks_thread *thread, unsigned allocator, uint64_t address, uint64_t size);
/* Where it is now, and how many of its bytes the old block had room for. False when there is no room for the record. */
bool hooks_capture_move(struct hooks_thread *thread, unsigned allocator, uint64_t from, uint64_t to, uint64_t size,
                        uint64_t kept);
/* The JavaThread of an OS thread, whose frame anchor goes into its samples; 0 forgets. A Java thread that tells its own
 * shows where the JVM keeps it. */
int hooks_java_thread(uint32_t tid, uint64_t java_thread);

/* ---- hooks_heap.c: what libc says itself ---- */

void hooks_heap_open(void);
/* Bytes of all blocks that libc's allocator has handed out; false if it does not tell, or is not the only one. Only
 * differences count. */
bool hooks_heap_in_use(uint64_t *bytes);

/* ---- hooks_elf.c, hooks_slots.c, hooks_open.c: import slots ---- */

extern uintptr_t hooks_original[HOOKS_FAMILIES][HOOKS_SYMBOLS];
extern struct hooks_range hooks_libc; /* where it lies; known before the first of its slots is patched */

void hooks_slots_resolve(void);
void hooks_stay_loaded(void); /* whatever becomes of the class loader */
/* Patch the slots of all libraries: all, or only those of functions that open libraries and look into them. Restore
 * those that are not wanted any more. The number of slots that are patched, or were restored; -EAGAIN when libraries
 * kept coming and going all the time. */
int hooks_slots_install(void);
int hooks_slots_restore(void);
/* Somebody is about to open a library with these flags. */
void hooks_slots_before_open(int mode);
/* Bytes that there is room for in a heap block of the family's; 0 where its allocator does not tell. */
uint64_t hooks_usable_size(unsigned family, uint64_t address);
/* Patches after a library was opened. */
void hooks_slots_after_open(void);
/* Patches before a function is looked up: in one attempt, as the caller of the look-up waits. */
void hooks_slots_before_lookup(void);
/* The stub that stands before `function`, which was found by the name; 0 if there is none, or if `caller` is an
 * allocator of its own. `in_any`: it was looked for by our library in all libraries, and may be another function for
 * the caller. */
uintptr_t hooks_slots_stub(unsigned name, uintptr_t function, uintptr_t caller, bool in_any);
/* Whether the hooks stand in front of no other malloc than libc's. */
bool hooks_slots_only_libc_allocates(void);
/* Whether a library has a search path that is inherited by what it loads. */
bool hooks_slots_any_rpath(void);
/* Whether somebody is in dlopen who will patch what it brings. */
bool hooks_opens_under_way(void);
/* Patches the slots of libraries that came since the last pass; cheap when there are none. */
int hooks_slots_verify(void);

/* ---- raw system calls: no errno, no cancellation point ---- */

static inline long hooks_syscall(long number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f)
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
void *hooks_map(uint64_t bytes);
/* Like hooks_map, for what no child needs: a fork does not copy it, and the child finds it empty. */
void *hooks_map_for_parent(uint64_t bytes);

#pragma GCC visibility pop

#endif

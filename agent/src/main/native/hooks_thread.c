/* SPDX-License-Identifier: MIT
 *
 * What each thread owns: its countdown, its counters, the bounds of its stack. The blocks come from chunks that are
 * never unmapped; the block of a dead thread goes to a new one with its counters going on, so that the sums stay right.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#include "hooks.h"

#define FIRST_CHUNK_BLOCKS 256u
/* Each chunk doubles: 256 << 14 threads at once at the most. */
#define CHUNKS 15
#define EXCLUDED_MAX 32
/* What is surely stack below the main thread's first frame: the kernel keeps at least 128 MiB free for it. */
#define MAIN_STACK_BYTES (64u << 20)
/* A countdown that never ends, for threads that do not sample. */
#define NEVER ((uint64_t) INT64_MAX)
/* All exceptions masked, round to nearest: what a program starts with (SysV ABI, 3.4.1). */
#define DEFAULT_MXCSR 0x1f80u
/* Longest wait for records under way: so many times 50 us and what the kernel adds. */
#define RECORD_PATIENCE 20000

/* More calls than the slow path makes, or what it calls; a handler that makes more may be sampled. */
#define NESTED_CALLS 64

enum state { FREE = 0, OWNED = 1, RETIRED = 2 };

__thread struct hooks_thread *hooks_thread __attribute__((tls_model("initial-exec")));
/* Its destructors have begun to run. */
static __thread bool exited __attribute__((tls_model("initial-exec")));

static struct hooks_thread *chunks[CHUNKS];
static uint32_t search_from; /* hint: where a free block was last found */
static pthread_key_t exit_key;
static bool exit_key_made;
static uint64_t seed;

/* Threads whose calls do not count, with their counters as they were when that was decided. */
static uint32_t excluded_tids[EXCLUDED_MAX];
static struct hooks_seen frozen[EXCLUDED_MAX][HOOKS_COUNTERS];
static uint32_t excluded_count;

/* Of the dynamic linker: where the kernel put argc, just above the main thread's first frame. */
extern void *__libc_stack_end __attribute__((weak, visibility("default")));

static uint32_t chunk_blocks(unsigned chunk)
{
    return FIRST_CHUNK_BLOCKS << chunk;
}

static uint64_t random_next(uint64_t *state)
{
    uint64_t x = *state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *state = x;
    return x * 0x2545F4914F6CDD1Du; /* xorshift64* */
}

/* ln(x) for x > 0, to about 1e-12: x = m * 2^e, ln m = 2 artanh((m - 1) / (m + 1)). No libm in this library. */
static double natural_log(double x)
{
    union {
        double value;
        uint64_t bits;
    } parts = {.value = x};
    int exponent = (int) (parts.bits >> 52) - 1023;
    parts.bits = (parts.bits & 0x000FFFFFFFFFFFFFu) | 0x3FF0000000000000u;
    double m = parts.value;
    if (m > 1.4142135623730951) {
        m /= 2;
        exponent++;
    }
    double t = (m - 1) / (m + 1);
    double square = t * t;
    double sum = 0;
    for (int k = 21; k >= 1; k -= 2) {
        sum = sum * square + 1.0 / k;
    }
    return 2 * t * sum + exponent * 0.6931471805599453;
}

static __attribute__((noinline)) uint64_t draw_bytes(uint64_t *random, uint64_t interval)
{
    double uniform = ((double) (random_next(random) >> 11) + 0.5) * 0x1p-53;
    double bytes = -natural_log(uniform) * (double) interval;
    return bytes >= (double) NEVER ? NEVER : (uint64_t) bytes + 1;
}

/* T is exponential; a call of `size` bytes is sampled when T < size. With left = floor(T) + 1 that is size >= left. */
uint64_t hooks_draw(uint64_t *random, uint64_t interval)
{
    if (interval <= 1) {
        return 0;
    }
    /* The application may trap inexact results, or look at the flags; its rounding is not ours. */
    unsigned mode = __builtin_ia32_stmxcsr();
    __builtin_ia32_ldmxcsr(DEFAULT_MXCSR);
    uint64_t left = draw_bytes(random, interval);
    __builtin_ia32_ldmxcsr(mode);
    return left;
}

static void release(struct hooks_thread *thread)
{
    thread->left = 0;
    thread->stack_high = 0;
    if (hooks_active()) {
        hooks_queue_abandon(thread);
    }
    /* A thread that died while it was on must not be waited for. */
    __atomic_store_n(&thread->recording, 0, __ATOMIC_RELEASE);
    __atomic_store_n(&thread->tid, 0, __ATOMIC_RELEASE); /* hooks_thread_collect_dead must not take it for the next's */
    /* What an excluded thread did is not to be counted, also not by the block's next owner: there is none. */
    __atomic_store_n(&thread->state, thread->excluded ? RETIRED : FREE, __ATOMIC_RELEASE);
}

/* Other destructors may still allocate: then the thread gets a block again, and this runs again. */
static void thread_exits(void *value)
{
    (void) value;
    struct hooks_thread *thread = hooks_thread;
    exited = true;
    hooks_thread = NULL;
    if (thread != NULL) {
        release(thread);
    }
}

int hooks_thread_open(void)
{
    if (!exit_key_made) {
        int error = pthread_key_create(&exit_key, thread_exits);
        if (error != 0) {
            return -error;
        }
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        seed = (uint64_t) now.tv_sec * 1000000007u ^ (uint64_t) now.tv_nsec << 20 ^ (uintptr_t) &now;
        exit_key_made = true;
    }
    return 0;
}

static struct hooks_thread *claim(struct hooks_thread *block)
{
    uint32_t expected = FREE;
    if (__atomic_load_n(&block->state, __ATOMIC_RELAXED) == FREE
        && __atomic_compare_exchange_n(&block->state, &expected, OWNED, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
        return block;
    }
    return NULL;
}

static struct hooks_thread *claim_in(unsigned chunk, struct hooks_thread *blocks)
{
    uint32_t count = chunk_blocks(chunk);
    uint32_t start = __atomic_load_n(&search_from, __ATOMIC_RELAXED);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t index = (start + i) % count;
        struct hooks_thread *block = claim(&blocks[index]);
        if (block != NULL) {
            __atomic_store_n(&search_from, index + 1, __ATOMIC_RELAXED);
            return block;
        }
    }
    return NULL;
}

static struct hooks_thread *find_free(void)
{
    for (unsigned chunk = 0; chunk < CHUNKS; chunk++) {
        struct hooks_thread *blocks = __atomic_load_n(&chunks[chunk], __ATOMIC_ACQUIRE);
        if (blocks == NULL) {
            uint64_t bytes = chunk_blocks(chunk) * sizeof(struct hooks_thread);
            struct hooks_thread *fresh = hooks_map(bytes);
            if (fresh == NULL) {
                return NULL;
            }
            if (__atomic_compare_exchange_n(&chunks[chunk], &blocks, fresh, false, __ATOMIC_ACQ_REL,
                                            __ATOMIC_ACQUIRE)) {
                blocks = fresh;
            } else {
                hooks_syscall(SYS_munmap, (uintptr_t) fresh, bytes, 0, 0, 0, 0);
            }
        }
        struct hooks_thread *block = claim_in(chunk, blocks);
        if (block != NULL) {
            return block;
        }
    }
    return NULL;
}

static void freeze(struct hooks_thread *thread, uint32_t index)
{
    memcpy(frozen[index], thread->seen, sizeof(frozen[index]));
    __atomic_store_n(&thread->excluded, index + 1, __ATOMIC_RELEASE);
}

/* errno may change on the way: pthread_setspecific allocates for a thread with many keys. */
static struct hooks_thread *begin(void)
{
    /* A child of vfork has its parent's thread-local storage, too: a block made there would bear the child's number,
     * and be collected as that of a dead thread while the parent uses it. */
    struct hooks_thread *thread = hooks_in_other_process() ? NULL : find_free();
    if (thread == NULL) {
        return NULL;
    }
    __atomic_store_n(&thread->tid, (uint32_t) hooks_syscall(SYS_gettid, 0, 0, 0, 0, 0, 0), __ATOMIC_RELEASE);
    thread->random = (seed + thread->tid * 0x9E3779B97F4A7C15u) ^ (uintptr_t) thread;
    thread->random += thread->random == 0;
    thread->left = 0;
    thread->generation = 0;
    thread->frame = 0;
    thread->asking = 0;
    thread->stack_high = 0;
    thread->comm_time = 0;
    if (hooks_thread != NULL) { /* a signal handler was faster */
        release(thread);
        return hooks_thread;
    }
    hooks_thread = thread;
    for (uint32_t i = 0; i < __atomic_load_n(&excluded_count, __ATOMIC_ACQUIRE); i++) {
        if (excluded_tids[i] == thread->tid) {
            freeze(thread, i);
            excluded_tids[i] = 0; /* thread ids come again */
        }
    }
    int before = errno;
    pthread_setspecific(exit_key, thread);
    errno = before;
    return thread;
}

struct hooks_thread *hooks_thread_current(void)
{
    return hooks_thread != NULL ? hooks_thread : begin();
}

/* The last that libc does for a thread is to free what it kept for it, or NULL: a block made then would never be given
 * back. */
struct hooks_thread *hooks_thread_freeing(uint64_t address)
{
    return hooks_thread != NULL || exited || address == 0 ? hooks_thread : begin();
}

/* A new interval's countdown is drawn afresh, which changes nothing, since an exponential one has no memory. But a
 * call that the old countdown was still there for is decided by it, and not by the new one as well: if it ran out,
 * the call is a sample of the interval before.
 *
 * Of a reallocation only the bytes drawn can make a sample. The stub does not know them and takes all bytes off a
 * countdown that survives them: what is left of it is as good as fresh, since it has no memory. So a countdown that
 * ends within the call, but beyond the bytes drawn, has to be drawn afresh: left as it is, it would be known to be
 * short. */
bool hooks_thread_count_down(struct hooks_thread *thread, uint64_t size, uint64_t drawn, uint64_t *interval)
{
    uint32_t generation = __atomic_load_n(&hooks_control->generation, __ATOMIC_ACQUIRE);
    if (thread->generation != generation) {
        bool counting = thread->left != 0 && thread->left < NEVER / 2; /* neither asked to draw, nor detached since */
        bool decided = thread->generation != 0 && counting && !thread->excluded;
        bool ran_out = drawn >= thread->left;
        *interval = thread->interval;
        thread->interval = __atomic_load_n(&hooks_control->interval, __ATOMIC_RELAXED);
        thread->left = hooks_draw(&thread->random, thread->interval);
        __atomic_store_n(&thread->generation, generation, __ATOMIC_RELEASE);
        if (decided) {
            return ran_out;
        }
    }
    *interval = thread->interval;
    if (thread->excluded) {
        thread->left = NEVER;
        return false;
    }
    if (size < thread->left) {
        thread->left -= size;
        return false;
    }
    bool ran_out = drawn >= thread->left;
    thread->left = hooks_draw(&thread->random, thread->interval);
    return ran_out;
}

typedef bool visitor(struct hooks_thread *thread, void *context);

/* Shows every block that was ever used, until one says true. */
static bool visit_all(visitor *visit, void *context)
{
    for (unsigned chunk = 0; chunk < CHUNKS; chunk++) {
        struct hooks_thread *blocks = __atomic_load_n(&chunks[chunk], __ATOMIC_ACQUIRE);
        if (blocks == NULL) {
            return false;
        }
        for (uint32_t i = 0; i < chunk_blocks(chunk); i++) {
            if (visit(&blocks[i], context)) {
                return true;
            }
        }
    }
    return false;
}

/* A thread's own subtraction may overwrite the 0: then it is seen here, and written again. */
static bool restart(struct hooks_thread *thread, void *context)
{
    if (__atomic_load_n(&thread->state, __ATOMIC_ACQUIRE) == OWNED
        && __atomic_load_n(&thread->generation, __ATOMIC_ACQUIRE) != hooks_control->generation
        && __atomic_load_n(&thread->left, __ATOMIC_RELAXED) != 0) {
        __atomic_store_n(&thread->left, 0, __ATOMIC_SEQ_CST);
        *(bool *) context = true;
    }
    return false;
}

bool hooks_thread_restart(void)
{
    bool changed = false;
    visit_all(restart, &changed);
    return changed;
}

void hooks_thread_restart_all(void)
{
    /* Twice without a change, with time for store buffers to drain between; a storm of allocations gets a bounded
     * number of rounds. A thread that was interrupted for longer than that is caught at the next verification. */
    int quiet = 0;
    for (int round = 0; round < 1000 && quiet < 2; round++) {
        quiet = hooks_thread_restart() ? 0 : quiet + 1;
        struct timespec pause = {.tv_sec = 0, .tv_nsec = 20000};
        hooks_syscall(SYS_nanosleep, (uintptr_t) &pause, 0, 0, 0, 0, 0);
    }
}

/* Normally the exit key gives blocks back; not for threads that allocate in their very last destructor. The block may
 * have changed hands since it was looked at: only that thread's own is released. */
static bool collect(struct hooks_thread *thread, void *context)
{
    (void) context;
    uint32_t tid = __atomic_load_n(&thread->tid, __ATOMIC_ACQUIRE);
    if (__atomic_load_n(&thread->state, __ATOMIC_ACQUIRE) == OWNED && tid != 0
        && hooks_syscall(SYS_tgkill, hooks_control->pid, tid, 0, 0, 0, 0) == -ESRCH
        && __atomic_compare_exchange_n(&thread->tid, &tid, 0, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
        release(thread);
    }
    return false;
}

void hooks_thread_collect_dead(void)
{
    visit_all(collect, NULL);
}

static bool is_recording(struct hooks_thread *thread, void *context)
{
    (void) context;
    return __atomic_load_n(&thread->recording, __ATOMIC_SEQ_CST) != 0;
}

/* A signal handler that has left by longjmp may have left it on, in a thread that makes no call any more. */
static bool give_up(struct hooks_thread *thread, void *context)
{
    (void) context;
    __atomic_store_n(&thread->recording, 0, __ATOMIC_SEQ_CST);
    return false;
}

void hooks_thread_await_records(void)
{
    for (int round = 0; visit_all(is_recording, NULL); round++) {
        if (round == RECORD_PATIENCE) {
            visit_all(give_up, NULL);
        }
        struct timespec pause = {.tv_sec = 0, .tv_nsec = 50000};
        hooks_syscall(SYS_nanosleep, (uintptr_t) &pause, 0, 0, 0, 0, 0);
    }
}

struct exclusion {
    uint32_t tid;
    uint32_t index;
    bool used; /* the index now belongs to this thread */
};

static bool exclude(struct hooks_thread *thread, void *context)
{
    struct exclusion *e = context;
    if (__atomic_load_n(&thread->state, __ATOMIC_ACQUIRE) != OWNED || thread->tid != e->tid) {
        return false;
    }
    if (!thread->excluded) {
        freeze(thread, e->index);
        e->used = true;
    }
    return true;
}

/* The thread may be known already, or is noted for its first call. Excluding it again changes nothing. */
int hooks_thread_exclude(uint32_t tid)
{
    if (tid == (uint32_t) hooks_syscall(SYS_gettid, 0, 0, 0, 0, 0, 0)) {
        hooks_thread_current(); /* makes it known */
    }
    uint32_t index = excluded_count;
    for (uint32_t i = 0; i < index; i++) {
        if (excluded_tids[i] == tid) {
            return 0;
        }
    }
    if (index == EXCLUDED_MAX) {
        return -ENOSPC;
    }
    struct exclusion e = {.tid = tid, .index = index, .used = false};
    bool found = visit_all(exclude, &e);
    if (found && !e.used) {
        return 0;
    }
    excluded_tids[index] = found ? 0 : tid;
    __atomic_store_n(&excluded_count, index + 1, __ATOMIC_RELEASE);
    return 0;
}

static bool add_seen(struct hooks_thread *thread, void *context)
{
    struct hooks_seen *total = context;
    uint32_t excluded = __atomic_load_n(&thread->excluded, __ATOMIC_ACQUIRE);
    const struct hooks_seen *seen = excluded ? frozen[excluded - 1] : thread->seen;
    for (unsigned i = 0; i < HOOKS_COUNTERS; i++) {
        total[i].calls += __atomic_load_n(&seen[i].calls, __ATOMIC_RELAXED);
        total[i].bytes += __atomic_load_n(&seen[i].bytes, __ATOMIC_RELAXED);
    }
    return false;
}

void hooks_thread_seen(struct hooks_seen total[HOOKS_COUNTERS])
{
    memset(total, 0, sizeof(struct hooks_seen) * HOOKS_COUNTERS);
    visit_all(add_seen, total);
}

/* The top is the thread's control block, which glibc puts above the first frame; nothing there is worth copying. */
static void find_stack(struct hooks_thread *thread, bool may_ask_pthread)
{
    if (thread->tid == hooks_control->pid) {
        if (&__libc_stack_end != NULL) {
            thread->stack_high = (uintptr_t) __libc_stack_end;
            thread->stack_low = thread->stack_high - MAIN_STACK_BYTES;
        }
        return;
    }
    pthread_attr_t attributes;
    struct hooks_seen frees = thread->seen[DWUNW_FREE]; /* libc's for us are not the application's */
    struct hooks_seen callocs = thread->seen[DWUNW_CALLOC];
    if (!may_ask_pthread || thread->asking) { /* a handler has interrupted it, or left it for good, with the lock */
        return;
    }
    thread->asking = 1;
    int error = pthread_getattr_np(pthread_self(), &attributes);
    thread->asking = 0;
    if (error != 0) {
        return;
    }
    void *low = NULL;
    size_t size = 0;
    uint64_t self = (uintptr_t) pthread_self();
    if (pthread_attr_getstack(&attributes, &low, &size) == 0) {
        uint64_t high = (uintptr_t) low + size;
        thread->stack_low = (uintptr_t) low;
        thread->stack_high = self > thread->stack_low && self < high ? self : high;
    }
    pthread_attr_destroy(&attributes);
    thread->seen[DWUNW_FREE] = frees;
    thread->seen[DWUNW_CALLOC] = callocs;
}

static bool on_signal_stack(uint64_t sp, uint64_t *high)
{
    stack_t stack = {.ss_flags = SS_DISABLE};
    if (hooks_syscall(SYS_sigaltstack, 0, (uintptr_t) &stack, 0, 0, 0, 0) != 0 || (stack.ss_flags & SS_DISABLE)) {
        return false;
    }
    uint64_t low = (uintptr_t) stack.ss_sp;
    *high = low + stack.ss_size;
    return sp >= low && sp < *high;
}

static bool on_own_stack(const struct hooks_thread *thread, uint64_t address)
{
    return address >= thread->stack_low && address < thread->stack_high;
}

/* A function that is called from there, or interrupts it, has its stack below; but for handlers with a stack of their
 * own. Below may also be who was called after a longjmp: hence a limit. */
bool hooks_thread_inside(struct hooks_thread *thread, uint64_t frame)
{
    uint64_t outer = thread->frame;
    if (outer == 0) {
        return false;
    }
    uint64_t unused;
    bool above = frame >= outer && !on_signal_stack(frame, &unused);
    if (!above && ++thread->nested <= NESTED_CALLS) {
        return true;
    }
    thread->frame = 0;
    /* Another's stack may be above, too: what it is writing to is not given away. */
    if (above && on_own_stack(thread, outer) && on_own_stack(thread, frame)) {
        hooks_queue_abandon(thread);
        __atomic_store_n(&thread->recording, 0, __ATOMIC_RELEASE);
    }
    return false;
}

bool hooks_thread_stack(struct hooks_thread *thread, uint64_t sp, bool may_ask_pthread, uint64_t *high)
{
    if (thread->stack_high == 0) {
        find_stack(thread, may_ask_pthread);
    }
    if (on_own_stack(thread, sp)) {
        *high = thread->stack_high;
        return true;
    }
    return on_signal_stack(sp, high);
}

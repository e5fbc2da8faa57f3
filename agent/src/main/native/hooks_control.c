/* SPDX-License-Identifier: MIT
 *
 * On and off, settings, statistics. Called by the agent only, one thread at a time.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "hooks.h"

#define MIN_STACK_BYTES 256u
#define MAX_STACK_BYTES 131072u
#define DENSE_INTERVAL 4096
#define VERIFICATIONS_PER_COLLECTION 64
/* Looks for new libraries that are put off at most: an exception may have left dlopen without its end. */
#define MAX_DEFERRED 600
/* Verifications without more room being needed, after which what is free is given back. */
#define VERIFICATIONS_UNTIL_TRIM 50

struct hooks_control *hooks_control;
struct hooks_statistics hooks_statistics;
static unsigned verifications;
static unsigned deferred;
static unsigned enough; /* verifications since the queue needed more room */
static uint64_t queue_used;
static bool restore_again; /* the last detaching did not get through to all slots */

void *hooks_map(uint64_t bytes)
{
    long address = hooks_syscall(SYS_mmap, 0, bytes, PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, (uint64_t) -1, 0);
    return address < 0 && address > -HOOKS_PAGE ? NULL : (void *) address;
}

void *hooks_map_for_parent(uint64_t bytes)
{
    void *memory = hooks_map(bytes);
    if (memory != NULL) {
        hooks_syscall(SYS_madvise, (uintptr_t) memory, bytes, MADV_WIPEONFORK, 0, 0, 0);
    }
    return memory;
}

/* For kernels that cannot wipe a page on fork; after a vfork or a raw clone it does not run. */
static void forked(void)
{
    hooks_control->active = 0;
    hooks_control->watching = 0;
}

/* A child of fork has no control page any more; one of vfork has all, with its parent's thread-local storage. Never by
 * getpid, which a filter may answer by killing the process: the JVM itself does not call it any more once it has
 * started. */
bool hooks_in_other_process(void)
{
    uint32_t pid = hooks_control->pid;
    if (pid == 0) {
        return true;
    }
    uint32_t tid = (uint32_t) hooks_syscall(SYS_gettid, 0, 0, 0, 0, 0, 0);
    struct hooks_thread *thread = hooks_thread;
    uint32_t known = thread != NULL ? __atomic_load_n(&thread->tid, __ATOMIC_ACQUIRE) : 0;
    /* Signal 0 is not sent: the call only says whether that thread is of that process. */
    return known != 0 ? known != tid : hooks_syscall(SYS_tgkill, pid, tid, 0, 0, 0, 0) == -ESRCH;
}

/* As this process's own PID namespace numbers it: the last of the numbers in the line "NStgid:" (proc(5)). */
static uint32_t own_pid(void)
{
    char text[8192];
    long file = hooks_syscall(SYS_open, (uintptr_t) "/proc/self/status", O_RDONLY | O_CLOEXEC, 0, 0, 0, 0);
    long length = file < 0 ? 0 : hooks_syscall(SYS_read, (uint64_t) file, (uintptr_t) text, sizeof(text) - 1, 0, 0, 0);
    if (file >= 0) {
        hooks_syscall(SYS_close, (uint64_t) file, 0, 0, 0, 0, 0);
    }
    text[length > 0 ? length : 0] = 0;
    const char *at = strstr(text, "\nNStgid:");
    uint32_t pid = 0;
    for (at = at == NULL ? "" : at + 1; *at != 0 && *at != '\n'; at++) {
        pid = *at >= '0' && *at <= '9' ? pid * 10 + (uint32_t) (*at - '0') : 0;
    }
    return pid != 0 ? pid : (uint32_t) hooks_syscall(SYS_getpid, 0, 0, 0, 0, 0, 0);
}

static int open_control(void)
{
    if (hooks_control != NULL) {
        return 0;
    }
    struct hooks_control *control = hooks_map(HOOKS_PAGE);
    if (control == NULL) {
        return -ENOMEM;
    }
    hooks_syscall(SYS_madvise, (uintptr_t) control, HOOKS_PAGE, MADV_WIPEONFORK, 0, 0, 0);
    control->pid = own_pid();
    __atomic_store_n(&hooks_control, control, __ATOMIC_RELEASE);
    return -pthread_atfork(NULL, NULL, forked);
}

int hooks_open(uint64_t ring_bytes, uint32_t stack_bytes, uint64_t interval)
{
    int error = open_control();
    if (error == 0) {
        error = hooks_thread_open();
    }
    if (error == 0) {
        error = hooks_queue_open(ring_bytes);
    }
    if (error != 0) {
        return error;
    }
    if (hooks_live_open() != 0 || hooks_region_open() != 0) {
        return -ENOMEM;
    }
    hooks_slots_resolve();
    hooks_heap_open();
    uint32_t stack = stack_bytes < MIN_STACK_BYTES ? MIN_STACK_BYTES : stack_bytes;
    hooks_control->stack_bytes = stack > MAX_STACK_BYTES ? MAX_STACK_BYTES : stack;
    hooks_set_interval(interval);
    return 0;
}

static void new_generation(void)
{
    __atomic_fetch_add(&hooks_control->generation, 1, __ATOMIC_ACQ_REL);
    hooks_thread_restart_all();
}

void hooks_set_interval(uint64_t interval)
{
    __atomic_store_n(&hooks_control->interval, interval < 1 ? 1 : interval, __ATOMIC_RELAXED);
    new_generation();
}

/* Number of slots patched. What was live before is not known: the tables start empty. */
int hooks_attach(bool capture)
{
    hooks_live_clear(hooks_control->interval < DENSE_INTERVAL);
    hooks_region_clear();
    hooks_control->capture = capture;
    __atomic_store_n(&hooks_control->active, 1, __ATOMIC_RELEASE);
    new_generation();
    return hooks_slots_install();
}

/* Number of slots restored. A thread may still be inside a wrapper: it finds the hooks inactive, and all code and data
 * stay where they are. Inactive first, so that no thread that opens a library patches it behind our back. Once this
 * returns no birth is recorded any more: one that appeared after the next attaching would have its death unseen. */
int hooks_detach(void)
{
    __atomic_store_n(&hooks_control->active, 0, __ATOMIC_SEQ_CST);
    int restored = hooks_slots_restore();
    hooks_thread_await_records();
    restore_again = restored < 0 || hooks_statistics.unpatched != 0;
    return restored;
}

int hooks_watch(bool on)
{
    __atomic_store_n(&hooks_control->watching, on, __ATOMIC_SEQ_CST);
    return on ? hooks_slots_install() : hooks_slots_restore();
}

/* A burst is over when all that it needed has been there for a while. */
static void trim_queue(void)
{
    uint64_t used = hooks_queue_used();
    enough = used == queue_used ? enough + 1 : 0;
    queue_used = used;
    if (enough == VERIFICATIONS_UNTIL_TRIM) {
        hooks_queue_trim();
        queue_used = hooks_queue_used();
    }
}

int hooks_verify(void)
{
    trim_queue();
    if (!hooks_active()) {
        /* Expensive, and what is refused once may be refused forever. */
        bool due = verifications++ % VERIFICATIONS_PER_COLLECTION == 0;
        if (hooks_opens_under_way() || (restore_again ? !due : !hooks_watching())) {
            return 0;
        }
        return restore_again ? hooks_detach() : hooks_slots_verify();
    }
    /* A system call for each thread: not at every look. */
    if (verifications++ % VERIFICATIONS_PER_COLLECTION == 0) {
        hooks_thread_collect_dead();
    }
    hooks_thread_restart();
    /* It would wait for the loader's lock, and so for the constructors of a library that is just being opened. */
    if (hooks_opens_under_way() && deferred < MAX_DEFERRED) {
        deferred++;
        return 0;
    }
    deferred = 0;
    return hooks_slots_verify();
}

void hooks_set_anchor_offsets(uint32_t sp, uint32_t pc, uint32_t fp)
{
    hooks_control->anchor_offsets[0] = sp;
    hooks_control->anchor_offsets[1] = pc;
    hooks_control->anchor_offsets[2] = fp;
    __atomic_store_n(&hooks_control->anchor_known, 1, __ATOMIC_RELEASE);
}

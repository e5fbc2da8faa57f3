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

#include "gate.h"

#define MIN_STACK_BYTES 256u
#define MAX_STACK_BYTES 131072u
#define DENSE_INTERVAL 4096
#define VERIFICATIONS_PER_COLLECTION 64
/* Looks for new libraries that are put off at most: an exception may have left dlopen without its end. */
#define MAX_PUT_OFF 600
/* Verifications without more room being needed, after which what is free is given back. */
#define VERIFICATIONS_UNTIL_TRIM 50

struct gate_control *gate_control;
struct gate_statistics gate_statistics;
static unsigned verifications;
static unsigned put_off;
static unsigned enough; /* verifications since the queue needed more room */
static uint64_t queue_used;
static bool restore_again; /* the last detaching did not get through to all slots */

void *gate_map(uint64_t bytes)
{
    long address = gate_syscall(SYS_mmap, 0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                                (uint64_t) -1, 0);
    return address < 0 && address > -GATE_PAGE ? NULL : (void *) address;
}

void *gate_map_for_parent(uint64_t bytes)
{
    void *memory = gate_map(bytes);
    if (memory != NULL) {
        gate_syscall(SYS_madvise, (uintptr_t) memory, bytes, MADV_WIPEONFORK, 0, 0, 0);
    }
    return memory;
}

/* For kernels that cannot wipe a page on fork; after a vfork or a raw clone it does not run. */
static void forked(void)
{
    gate_control->active = 0;
    gate_control->watching = 0;
}

/* A child of fork has no control page any more; one of vfork has all, with its parent's thread-local storage. Never by
 * getpid, which a filter may answer by killing the process: the JVM itself does not call it any more once it has
 * started. */
bool gate_in_other_process(void)
{
    uint32_t pid = gate_control->pid;
    if (pid == 0) {
        return true;
    }
    uint32_t tid = (uint32_t) gate_syscall(SYS_gettid, 0, 0, 0, 0, 0, 0);
    struct gate_thread *thread = gate_thread;
    uint32_t known = thread != NULL ? __atomic_load_n(&thread->tid, __ATOMIC_ACQUIRE) : 0;
    /* Signal 0 is not sent: the call only says whether that thread is of that process. */
    return known != 0 ? known != tid : gate_syscall(SYS_tgkill, pid, tid, 0, 0, 0, 0) == -ESRCH;
}

/* As this process's own PID namespace numbers it: the last of the numbers in the line "NStgid:" (proc(5)). */
static uint32_t own_pid(void)
{
    char text[8192];
    long file = gate_syscall(SYS_open, (uintptr_t) "/proc/self/status", O_RDONLY | O_CLOEXEC, 0, 0, 0, 0);
    long length = file < 0 ? 0 : gate_syscall(SYS_read, (uint64_t) file, (uintptr_t) text, sizeof(text) - 1, 0, 0, 0);
    if (file >= 0) {
        gate_syscall(SYS_close, (uint64_t) file, 0, 0, 0, 0, 0);
    }
    text[length > 0 ? length : 0] = 0;
    const char *at = strstr(text, "\nNStgid:");
    uint32_t pid = 0;
    for (at = at == NULL ? "" : at + 1; *at != 0 && *at != '\n'; at++) {
        pid = *at >= '0' && *at <= '9' ? pid * 10 + (uint32_t) (*at - '0') : 0;
    }
    return pid != 0 ? pid : (uint32_t) gate_syscall(SYS_getpid, 0, 0, 0, 0, 0, 0);
}

static int open_control(void)
{
    if (gate_control != NULL) {
        return 0;
    }
    struct gate_control *control = gate_map(GATE_PAGE);
    if (control == NULL) {
        return -ENOMEM;
    }
    gate_syscall(SYS_madvise, (uintptr_t) control, GATE_PAGE, MADV_WIPEONFORK, 0, 0, 0);
    control->pid = own_pid();
    __atomic_store_n(&gate_control, control, __ATOMIC_RELEASE);
    return -pthread_atfork(NULL, NULL, forked);
}

int gate_open(uint64_t ring_bytes, uint32_t stack_bytes, uint64_t interval)
{
    int error = open_control();
    if (error == 0) {
        error = gate_thread_open();
    }
    if (error == 0) {
        error = gate_queue_open(ring_bytes);
    }
    if (error != 0) {
        return error;
    }
    if (gate_live_open() != 0 || gate_region_open() != 0) {
        return -ENOMEM;
    }
    gate_slots_resolve();
    gate_heap_open();
    uint32_t stack = stack_bytes < MIN_STACK_BYTES ? MIN_STACK_BYTES : stack_bytes;
    gate_control->stack_bytes = stack > MAX_STACK_BYTES ? MAX_STACK_BYTES : stack;
    gate_set_interval(interval);
    return 0;
}

static void new_generation(void)
{
    __atomic_fetch_add(&gate_control->generation, 1, __ATOMIC_ACQ_REL);
    gate_thread_restart_all();
}

void gate_set_interval(uint64_t interval)
{
    __atomic_store_n(&gate_control->interval, interval < 1 ? 1 : interval, __ATOMIC_RELAXED);
    new_generation();
}

/* Number of slots patched. What was live before is not known: the tables start empty. */
int gate_attach(bool capture)
{
    gate_live_clear(gate_control->interval < DENSE_INTERVAL);
    gate_region_clear();
    gate_control->capture = capture;
    __atomic_store_n(&gate_control->active, 1, __ATOMIC_RELEASE);
    new_generation();
    return gate_slots_install();
}

/* Number of slots restored. A thread may still be inside a wrapper: it finds the gate inactive, and all code and data
 * stay where they are. Inactive first, so that no thread that opens a library patches it behind our back. Once this
 * returns no birth is recorded any more: one that appeared after the next attaching would have its death unseen. */
int gate_detach(void)
{
    __atomic_store_n(&gate_control->active, 0, __ATOMIC_SEQ_CST);
    int restored = gate_slots_restore();
    gate_thread_await_records();
    restore_again = restored < 0 || gate_statistics.unpatched != 0;
    return restored;
}

int gate_watch(bool on)
{
    __atomic_store_n(&gate_control->watching, on, __ATOMIC_SEQ_CST);
    return on ? gate_slots_install() : gate_slots_restore();
}

/* A burst is over when all that it needed has been there for a while. */
static void trim_queue(void)
{
    uint64_t used = gate_queue_used();
    enough = used == queue_used ? enough + 1 : 0;
    queue_used = used;
    if (enough == VERIFICATIONS_UNTIL_TRIM) {
        gate_queue_trim();
        queue_used = gate_queue_used();
    }
}

int gate_verify(void)
{
    trim_queue();
    if (!gate_active()) {
        /* Expensive, and what is refused once may be refused forever. */
        bool due = verifications++ % VERIFICATIONS_PER_COLLECTION == 0;
        if (gate_opens_under_way() || (restore_again ? !due : !gate_watching())) {
            return 0;
        }
        return restore_again ? gate_detach() : gate_slots_verify();
    }
    /* A system call for each thread: not at every look. */
    if (verifications++ % VERIFICATIONS_PER_COLLECTION == 0) {
        gate_thread_collect_dead();
    }
    gate_thread_restart();
    /* It would wait for the loader's lock, and so for the constructors of a library that is just being opened. */
    if (gate_opens_under_way() && put_off < MAX_PUT_OFF) {
        put_off++;
        return 0;
    }
    put_off = 0;
    return gate_slots_verify();
}

void gate_set_anchor_offsets(uint32_t sp, uint32_t pc, uint32_t fp)
{
    gate_control->anchor_offsets[0] = sp;
    gate_control->anchor_offsets[1] = pc;
    gate_control->anchor_offsets[2] = fp;
    __atomic_store_n(&gate_control->anchor_known, 1, __ATOMIC_RELEASE);
}

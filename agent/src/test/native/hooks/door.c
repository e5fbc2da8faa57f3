/* SPDX-License-Identifier: MIT
 *
 * Linked into the library under test: exports what the checks need. The reader here is written from the layout in
 * hooks_queue.c, as the one in Java is.
 */
#include "check.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <math.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>

#include "hooks.h"

#define EXPORT __attribute__((visibility("default")))

EXPORT int door_open(uint64_t ring_bytes, uint32_t stack_bytes, uint64_t interval)
{
    return hooks_open(ring_bytes, stack_bytes, interval);
}

EXPORT int door_attach(bool capture)
{
    return hooks_attach(capture);
}

EXPORT int door_detach(void)
{
    return hooks_detach();
}

EXPORT int door_watch(bool on)
{
    return hooks_watch(on);
}

EXPORT bool door_heap_in_use(uint64_t *bytes)
{
    return hooks_heap_in_use(bytes);
}

EXPORT int door_verify(void)
{
    return hooks_verify();
}

EXPORT void door_interval(uint64_t interval)
{
    hooks_set_interval(interval);
}

EXPORT void door_interval_unnoticed(uint64_t interval)
{
    hooks_control->interval = interval;
    hooks_control->generation++;
}

EXPORT void door_seed(uint64_t seed)
{
    hooks_thread_current()->random = seed;
}

EXPORT int door_exclude(uint32_t tid)
{
    return hooks_thread_exclude(tid);
}

EXPORT int door_java_thread(uint32_t tid, uint64_t java_thread)
{
    return hooks_java_thread(tid, java_thread);
}

EXPORT void door_anchor_offsets(uint32_t sp, uint32_t pc, uint32_t fp)
{
    hooks_set_anchor_offsets(sp, pc, fp);
}

EXPORT const void *door_thread(void)
{
    return hooks_thread_current();
}

EXPORT void door_collect(void)
{
    hooks_thread_collect_dead();
}

EXPORT void door_refuse(unsigned number, uint32_t second, unsigned error)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, second, 0, second == 0 ? 0 : 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {.len = sizeof(code) / sizeof(code[0]), .filter = code};
    CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0,
          "seccomp is not available");
}

EXPORT void door_counters(struct door_counters *to)
{
    struct hooks_seen seen[HOOKS_COUNTERS];
    hooks_thread_seen(seen);
    for (int i = 0; i < HOOKS_COUNTERS; i++) {
        to->calls[i] = seen[i].calls;
        to->bytes[i] = seen[i].bytes;
    }
    to->sampled = hooks_statistics.sampled;
    to->freed = hooks_statistics.freed;
    to->bare = hooks_statistics.bare;
    to->lost = hooks_statistics.lost;
    to->lost_frees = hooks_statistics.lost_frees;
    to->cut = hooks_statistics.cut;
    to->untracked = hooks_statistics.untracked;
    to->unpatched = hooks_statistics.unpatched;
}

EXPORT bool door_is_stub(uintptr_t address)
{
    return address >= (uintptr_t) hooks_stubs_begin && address < (uintptr_t) hooks_stubs_end;
}

/* Cell: next record, next cell, bytes of the record. */
static uint32_t *cell(uint64_t queue, uint32_t unit)
{
    return (uint32_t *) (uintptr_t) (queue + (uint64_t) unit * 64);
}

static void give_back(uint64_t queue, uint32_t first, uint32_t last)
{
    uint64_t *pool = (uint64_t *) (uintptr_t) (queue + 128);
    while (pool + 8 < (uint64_t *) (uintptr_t) (queue + 320) && first >= pool[8 + 2]) {
        pool += 8;
    }
    uint64_t head = __atomic_load_n(pool, __ATOMIC_RELAXED);
    do {
        cell(queue, last)[1] = (uint32_t) head;
    } while (!__atomic_compare_exchange_n(pool, &head, ((head >> 32) + 1) << 32 | first, true, __ATOMIC_RELEASE,
                                          __ATOMIC_RELAXED));
}

EXPORT unsigned door_drain(door_handler *handler, void *context)
{
    static uint64_t record[(512 + 131072) / 8];
    uint64_t queue = hooks_queue_address();
    uint32_t unit = 0;
    uint32_t newest = (uint32_t) __atomic_exchange_n((uint64_t *) (uintptr_t) (queue + 64), 0, __ATOMIC_ACQ_REL);
    while (newest != 0) {
        uint32_t older = cell(queue, newest)[0];
        cell(queue, newest)[0] = unit;
        unit = newest;
        newest = older;
    }
    unsigned count = 0;
    for (; unit != 0; count++) {
        uint32_t next = cell(queue, unit)[0];
        uint32_t length = cell(queue, unit)[2];
        uint32_t last = unit;
        uint32_t done = 0;
        for (uint32_t at = unit; at != 0; at = cell(queue, at)[1]) {
            uint64_t first_small = ((uint64_t *) (uintptr_t) (queue + 128))[8 + 2];
            uint32_t room = at < first_small ? 1008 : 48;
            uint32_t piece = length - done < room ? length - done : room;
            memcpy((uint8_t *) record + done, cell(queue, at) + 4, piece);
            done += piece;
            last = at;
        }
        CHECK(done == length, "%u of %u bytes", done, length);
        handler((const struct dwunw_free *) (const void *) record, length, context);
        give_back(queue, unit, last);
        unit = next;
    }
    return count;
}

EXPORT double weight(const struct dwunw_free *record)
{
    uint64_t drawn = record->kind == DWUNW_KIND_BARE ? record->size
                                                     : ((const struct dwunw_allocation *) (const void *) record)->drawn;
    if (record->interval <= 1) {
        return (double) drawn;
    }
    return (double) drawn / -expm1(-(double) drawn / (double) record->interval);
}

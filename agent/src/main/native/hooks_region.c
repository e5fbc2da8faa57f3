/* SPDX-License-Identifier: MIT
 *
 * The sampled mappings that are live: a plain array, because mappings outside libc are few and a system call stands
 * beside every change. A mapping may be unmapped in parts; what is left stays sampled.
 */
#include <sys/syscall.h>
#include <time.h>

#include "hooks.h"

/* The kernel allows 65,530 mappings per process by default. */
#define REGIONS 65536
/* `address` of an entry that somebody is filling or changing; no mapping starts there. */
#define EMPTY 0
#define CLAIMED 1
#define MAX_LOOKS 1000
#define LOOKS_WITHOUT_PAUSE 20

static struct hooks_range *regions;
static uint32_t moves; /* of what is left behind a cut to an entry of its own */
static uint32_t high;  /* entries at and beyond this one have never been used */

int hooks_region_open(void)
{
    if (regions == NULL) {
        regions = hooks_map_for_parent(REGIONS * sizeof(struct hooks_range));
    }
    return regions == NULL ? -1 : 0;
}

void hooks_region_clear(void)
{
    for (uint32_t i = 0; i < REGIONS && i < high; i++) {
        __atomic_store_n(&regions[i].address, EMPTY, __ATOMIC_RELEASE);
    }
    __atomic_store_n(&high, 0, __ATOMIC_RELEASE);
}

static void raise_high(uint32_t index)
{
    uint32_t seen = __atomic_load_n(&high, __ATOMIC_RELAXED);
    while (seen <= index
           && !__atomic_compare_exchange_n(&high, &seen, index + 1, true, __ATOMIC_RELEASE, __ATOMIC_RELAXED)) {
    }
}

bool hooks_region_insert(uint64_t address, uint64_t size)
{
    for (uint32_t i = 0; i < REGIONS; i++) {
        uint64_t expected = EMPTY;
        if (__atomic_load_n(&regions[i].address, __ATOMIC_RELAXED) == EMPTY
            && __atomic_compare_exchange_n(&regions[i].address, &expected, CLAIMED, false, __ATOMIC_ACQ_REL,
                                           __ATOMIC_RELAXED)) {
            raise_high(i);
            __atomic_store_n(&regions[i].size, size, __ATOMIC_RELAXED);
            __atomic_store_n(&regions[i].address, address, __ATOMIC_RELEASE);
            return true;
        }
    }
    return false;
}

/* The entry is claimed while its size changes, as another thread may be cutting it. */
static bool extend(struct hooks_range *entry, uint64_t low, uint64_t from, uint64_t to)
{
    uint64_t address = __atomic_load_n(&entry->address, __ATOMIC_ACQUIRE);
    if (address < low || address >= to
        || !__atomic_compare_exchange_n(&entry->address, &address, CLAIMED, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_RELAXED)) {
        return false;
    }
    uint64_t end = address + __atomic_load_n(&entry->size, __ATOMIC_RELAXED);
    bool reaches = end >= from && end <= to;
    if (reaches) {
        __atomic_store_n(&entry->size, to - address, __ATOMIC_RELAXED);
    }
    __atomic_store_n(&entry->address, address, __ATOMIC_RELEASE);
    return reaches;
}

bool hooks_region_extend(uint64_t low, uint64_t from, uint64_t to)
{
    uint32_t limit = __atomic_load_n(&high, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < limit; i++) {
        if (extend(&regions[i], low, from, to)) {
            return true;
        }
    }
    return hooks_region_insert(from, to - from);
}

/* Cuts [from, to) out of the entry, if it reaches into it: what lies before stays in the entry, what lies behind gets
 * an entry of its own. The size is read again once the entry is claimed, as another thread may just have cut it; `busy`
 * when another thread is at it. */
static bool cut(struct hooks_range *entry, uint64_t from, uint64_t to, struct hooks_range *removed, bool *busy)
{
    uint64_t address = __atomic_load_n(&entry->address, __ATOMIC_ACQUIRE);
    if (address == CLAIMED) {
        *busy = true;
    }
    if (address <= CLAIMED || address >= to || address + __atomic_load_n(&entry->size, __ATOMIC_RELAXED) <= from) {
        return false;
    }
    if (!__atomic_compare_exchange_n(&entry->address, &address, CLAIMED, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
        *busy = true;
        return false;
    }
    uint64_t end = address + __atomic_load_n(&entry->size, __ATOMIC_RELAXED);
    if (end <= from) {
        __atomic_store_n(&entry->address, address, __ATOMIC_RELEASE);
        return false;
    }
    removed->address = address < from ? from : address;
    removed->size = (end < to ? end : to) - removed->address;
    if (end > to) {
        if (!hooks_region_insert(to, end - to)) {
            hooks_count(&hooks_statistics.untracked);
        }
        __atomic_fetch_add(&moves, 1, __ATOMIC_ACQ_REL);
    }
    if (address < from) {
        __atomic_store_n(&entry->size, from - address, __ATOMIC_RELAXED);
        __atomic_store_n(&entry->address, address, __ATOMIC_RELEASE);
    } else {
        __atomic_store_n(&entry->address, EMPTY, __ATOMIC_RELEASE);
    }
    return true;
}

static void pause_briefly(void)
{
    struct timespec pause = {.tv_sec = 0, .tv_nsec = 50000};
    hooks_syscall(SYS_nanosleep, (uintptr_t) &pause, 0, 0, 0, 0, 0);
}

/* Other threads may be unmapping other parts of the same mapping, and have what is left of it in hand, or move it to
 * where this thread has looked already: then it looks again. It takes them nanoseconds, or a time slice if the kernel
 * interrupts them. Not forever, as this may be a signal handler that has interrupted just that. */
unsigned hooks_region_remove(uint64_t address, uint64_t size, struct hooks_range removed[HOOKS_UNMAPPED_AT_ONCE])
{
    unsigned count = 0;
    uint64_t end = address + size < address ? UINT64_MAX : address + size;
    bool again = true;
    for (int look = 0; look < MAX_LOOKS && again; look++) {
        if (look > LOOKS_WITHOUT_PAUSE) {
            pause_briefly();
        }
        uint32_t before = __atomic_load_n(&moves, __ATOMIC_ACQUIRE);
        uint32_t limit = __atomic_load_n(&high, __ATOMIC_ACQUIRE);
        again = false;
        for (uint32_t i = 0; i < limit && count < HOOKS_UNMAPPED_AT_ONCE; i++) {
            count += cut(&regions[i], address, end, &removed[count], &again);
        }
        again = (again || __atomic_load_n(&moves, __ATOMIC_ACQUIRE) != before) && count < HOOKS_UNMAPPED_AT_ONCE;
    }
    return count;
}

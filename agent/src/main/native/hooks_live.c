/* SPDX-License-Identifier: MIT
 *
 * The addresses of live sampled heap blocks, and the filter in front of them.
 *
 * The table is two-choice: an address lives in one of two buckets of eight words (a cache line each), so a lookup that
 * the filter did not stop reads two lines at most. Only addresses are kept; what is known of a block is the reader's.
 * Hot for sampled blocks only.
 */
#include <sys/mman.h>
#include <sys/syscall.h>

#include "hooks.h"

#define BUCKET_WORDS 8
/* About a million addresses in 8 MiB; or, as every sample touches a page of its own, only 131,072 in 1 MiB. */
#define DENSE_BUCKETS_LOG2 17
#define SPARSE_BUCKETS_LOG2 14
#define TABLE_BYTES (((uint64_t) BUCKET_WORDS * sizeof(uint64_t)) << DENSE_BUCKETS_LOG2)
/* A filter slot that ever got this full stays so: it no longer knows how many addresses it stands for. */
#define STUCK 255

uint8_t hooks_filter[HOOKS_FILTER_SLOTS];
static uint64_t *table;
static unsigned buckets_log2 = SPARSE_BUCKETS_LOG2;

int hooks_live_open(void)
{
    if (table == NULL) {
        table = hooks_map_for_parent(TABLE_BYTES);
    }
    return table == NULL ? -1 : 0;
}

/* Threads may still be inserting or removing: at worst an entry survives, or a filter slot gets stuck. Neither is
 * wrong, as a surviving entry only causes a free of a block that the reader does not know. */
void hooks_live_clear(bool dense)
{
    __atomic_store_n(&buckets_log2, dense ? DENSE_BUCKETS_LOG2 : SPARSE_BUCKETS_LOG2, __ATOMIC_RELAXED);
    hooks_syscall(SYS_madvise, (uintptr_t) table, TABLE_BYTES, MADV_DONTNEED, 0, 0, 0);
    for (unsigned i = 0; i < HOOKS_FILTER_SLOTS; i++) {
        __atomic_store_n(&hooks_filter[i], 0, __ATOMIC_RELAXED);
    }
}

static void filter_add(uint64_t address, int delta)
{
    uint8_t *slot = &hooks_filter[(uint32_t) address * HOOKS_FILTER_MULTIPLIER >> HOOKS_FILTER_SHIFT];
    uint8_t count = __atomic_load_n(slot, __ATOMIC_RELAXED);
    do {
        if (count == STUCK || (delta < 0 && count == 0)) {
            return;
        }
    } while (!__atomic_compare_exchange_n(slot, &count, (uint8_t) (count + delta), true, __ATOMIC_RELAXED,
                                          __ATOMIC_RELAXED));
}

static uint64_t *bucket(uint64_t address, int choice)
{
    uint64_t hash = address * 0x9E3779B97F4A7C15u;
    unsigned bits = __atomic_load_n(&buckets_log2, __ATOMIC_RELAXED);
    uint64_t index = choice == 0 ? hash >> (64 - bits) : (hash >> 24) & ((1u << bits) - 1);
    return table + index * BUCKET_WORDS;
}

static bool put(uint64_t *words, uint64_t address)
{
    for (int i = 0; i < BUCKET_WORDS; i++) {
        uint64_t expected = 0;
        if (__atomic_load_n(&words[i], __ATOMIC_RELAXED) == 0
            && __atomic_compare_exchange_n(&words[i], &expected, address, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
            return true;
        }
    }
    return false;
}

static int used(const uint64_t *words, uint64_t address, bool *there)
{
    int count = 0;
    for (int i = 0; i < BUCKET_WORDS; i++) {
        uint64_t word = __atomic_load_n(&words[i], __ATOMIC_RELAXED);
        count += word != 0;
        *there |= word == address;
    }
    return count;
}

/* An address that is there already was freed unseen (through a pointer from dlsym, say): it stays. */
enum hooks_insertion hooks_live_insert(uint64_t address)
{
    bool there = false;
    uint64_t *first = bucket(address, 0);
    uint64_t *second = bucket(address, 1);
    int used_first = used(first, address, &there);
    int used_second = used(second, address, &there);
    if (there) {
        return HOOKS_THERE;
    }
    filter_add(address, 1);
    uint64_t *emptier = used_first <= used_second ? first : second;
    if (put(emptier, address) || put(emptier == first ? second : first, address)) {
        return HOOKS_INSERTED;
    }
    filter_add(address, -1);
    return HOOKS_NO_ROOM;
}

/* True for exactly one caller, however many threads free the same address. A word of 0 is an empty one, and no block:
 * free(NULL) must not be taken for its death, which would take another address out of the filter. */
bool hooks_live_remove(uint64_t address)
{
    if (table == NULL || address == 0) {
        return false;
    }
    for (int choice = 0; choice < 2; choice++) {
        uint64_t *words = bucket(address, choice);
        for (int i = 0; i < BUCKET_WORDS; i++) {
            uint64_t expected = address;
            if (__atomic_load_n(&words[i], __ATOMIC_ACQUIRE) == address
                && __atomic_compare_exchange_n(&words[i], &expected, 0, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
                filter_add(address, -1);
                return true;
            }
        }
    }
    return false;
}

bool hooks_live_contains(uint64_t address)
{
    bool there = false;
    if (table != NULL && address != 0) {
        used(bucket(address, 0), address, &there);
        used(bucket(address, 1), address, &there);
    }
    return there;
}

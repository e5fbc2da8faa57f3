/* SPDX-License-Identifier: MIT
 *
 * The queue between the threads that sample (many) and the reader (one), in ordinary memory of this process.
 *
 *   header page | pool of records with stacks | pool of allocations without | pool of frees | the reader's own part
 *
 * A pool is cut into cells of one size. A record is a chain of cells, which a producer takes from its pool, fills, and
 * publishes in one step, by making it the head of a list that the reader takes as a whole and reverses. So a record
 * that is never finished (its thread was stopped, or a signal handler has left by siglongjmp) holds up no other, and
 * the order of the list is the order of publication. Cells that were used last are used first: what is resident is what
 * was once needed at the same time. Each kind has a pool of its own, so that stacks leave room for allocations without
 * one, whose loss would cost sums, and these for frees, whose loss would look like a leak.
 *
 *   cell: | next record u32 | next cell u32 | bytes of the record u32 | unused u32 | a part of the record |
 *
 * Cells are named by their distance from the header, in units of 64 bytes; 0 means no cell. Free cells are a list by
 * `next cell`, from whose front a whole chain is taken at once; a count of changes beside its head keeps a chain from
 * being taken that was in use meanwhile.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "hooks.h"

#define UNIT 64u
#define CELL_HEADER_BYTES 16u
#define MIN_BYTES 65536u
#define MAX_BYTES (1ull << 30)
#define PARTS 8 /* one for allocations without a stack, one for frees, the rest for records with stacks */
#define STACK_CELL_UNITS 16u
#define SMALL_CELL_UNITS 1u
/* Where the reader puts the parts of the longest record together. */
#define OWN_BYTES ((uint64_t) HOOKS_PIECES * STACK_CELL_UNITS * UNIT)
/* Cells that are kept when the others are given back to the kernel. */
#define KEPT_BYTES (4u << 20)

struct cell {
    uint32_t next_record;
    uint32_t next_cell;
    uint32_t length;
    uint32_t unused;
    uint8_t bytes[];
};

struct pool {
    uint64_t free;  /* first free cell; in the upper half a count of changes */
    uint64_t fresh; /* number of cells that were ever used */
    uint64_t first; /* cell */
    uint64_t cells;
    uint64_t cell_units;
    uint64_t unused[3];
};

struct header {
    uint64_t bytes;    /* 0: of all this */
    uint64_t own_part; /* 8: its offset */
    uint64_t unused[6];
    uint64_t published; /* 64: the record published last */
    uint64_t unused2[7];
    struct pool pools[HOOKS_POOLS]; /* 128 */
};

_Static_assert(offsetof(struct header, published) == 64, "published");
_Static_assert(offsetof(struct header, pools) == 128 && sizeof(struct pool) == 64, "pools");
_Static_assert(sizeof(struct header) <= HOOKS_PAGE, "header");
_Static_assert(sizeof(struct cell) == CELL_HEADER_BYTES, "cell");
_Static_assert(CELL_HEADER_BYTES + DWUNW_FREE_BYTES <= SMALL_CELL_UNITS * UNIT, "a free fits in a small cell");

static struct header *queue;

static struct cell *cell_at(uint32_t unit)
{
    return (struct cell *) (void *) ((uint8_t *) queue + (uint64_t) unit * UNIT);
}

static uint64_t add_pool(struct header *made, enum hooks_pool number, uint64_t from, uint64_t bytes,
                         uint32_t cell_units)
{
    struct pool *pool = &made->pools[number];
    pool->first = from / UNIT;
    pool->cell_units = cell_units;
    pool->cells = bytes / UNIT / cell_units;
    return from + bytes;
}

/* A queue is made once. Asking for another size later keeps the one there is: threads may be writing to it. */
int hooks_queue_open(uint64_t bytes)
{
    if (queue != NULL || bytes == 0) {
        return 0;
    }
    uint64_t size = bytes < MIN_BYTES ? MIN_BYTES : bytes > MAX_BYTES ? MAX_BYTES : bytes;
    uint64_t part = (size / PARTS + HOOKS_PAGE - 1) & ~(uint64_t) (HOOKS_PAGE - 1);
    uint64_t all = HOOKS_PAGE + PARTS * part + OWN_BYTES;
    struct header *made = hooks_map(all);
    if (made == NULL) {
        return -ENOMEM;
    }
    /* A child that comes back into the middle of the writing of a record finds the header, and room behind it. */
    hooks_syscall(SYS_madvise, (uintptr_t) made + HOOKS_PAGE, all - HOOKS_PAGE, MADV_WIPEONFORK, 0, 0, 0);
    made->bytes = all;
    uint64_t from = HOOKS_PAGE;
    from = add_pool(made, HOOKS_POOL_STACKS, from, (PARTS - 2) * part, STACK_CELL_UNITS);
    from = add_pool(made, HOOKS_POOL_BARE, from, part, SMALL_CELL_UNITS);
    made->own_part = add_pool(made, HOOKS_POOL_FREES, from, part, SMALL_CELL_UNITS);
    __atomic_store_n(&queue, made, __ATOMIC_RELEASE);
    return 0;
}

uint64_t hooks_queue_address(void)
{
    return (uintptr_t) queue;
}

static uint32_t cell_bytes(const struct pool *pool)
{
    return (uint32_t) pool->cell_units * UNIT - CELL_HEADER_BYTES;
}

static struct pool *pool_of(uint32_t unit)
{
    unsigned number = 0;
    while (number + 1 < HOOKS_POOLS && unit >= queue->pools[number + 1].first) {
        number++;
    }
    return &queue->pools[number];
}

static uint64_t changed(uint64_t head, uint32_t first)
{
    return (((head >> 32) + 1) << 32) | first;
}

/* The last of `count` cells from `first` on; 0 if there are fewer. */
static uint32_t nth(uint32_t first, uint32_t count)
{
    for (; count > 1 && first != 0; count--) {
        first = __atomic_load_n(&cell_at(first)->next_cell, __ATOMIC_RELAXED);
    }
    return first;
}

static uint32_t take_free(struct pool *pool, uint32_t count)
{
    uint64_t head = __atomic_load_n(&pool->free, __ATOMIC_ACQUIRE);
    for (;;) {
        uint32_t first = (uint32_t) head;
        uint32_t last = nth(first, count);
        if (last == 0) {
            uint64_t now = __atomic_load_n(&pool->free, __ATOMIC_ACQUIRE);
            if (now == head) {
                return 0;
            }
            head = now; /* somebody else took cells while these were counted */
            continue;
        }
        uint32_t rest = __atomic_load_n(&cell_at(last)->next_cell, __ATOMIC_RELAXED);
        if (__atomic_compare_exchange_n(&pool->free, &head, changed(head, rest), true, __ATOMIC_ACQ_REL,
                                        __ATOMIC_ACQUIRE)) {
            __atomic_store_n(&cell_at(last)->next_cell, 0, __ATOMIC_RELAXED);
            return first;
        }
    }
}

static uint32_t take_fresh(struct pool *pool, uint32_t count)
{
    uint64_t from = __atomic_load_n(&pool->fresh, __ATOMIC_RELAXED);
    do {
        if (from + count > pool->cells) {
            return 0;
        }
    } while (!__atomic_compare_exchange_n(&pool->fresh, &from, from + count, true, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
    uint32_t units = (uint32_t) pool->cell_units;
    uint32_t first = (uint32_t) (pool->first + from * units);
    for (uint32_t i = 0; i < count; i++) {
        __atomic_store_n(&cell_at(first + i * units)->next_cell, i + 1 < count ? first + (i + 1) * units : 0,
                         __ATOMIC_RELAXED);
    }
    return first;
}

static void give_back(struct pool *pool, uint32_t first, uint32_t last)
{
    uint64_t head = __atomic_load_n(&pool->free, __ATOMIC_RELAXED);
    do {
        __atomic_store_n(&cell_at(last)->next_cell, (uint32_t) head, __ATOMIC_RELAXED);
    } while (!__atomic_compare_exchange_n(&pool->free, &head, changed(head, first), true, __ATOMIC_RELEASE,
                                          __ATOMIC_RELAXED));
}

bool hooks_queue_reserve(struct hooks_thread *thread, enum hooks_pool number, uint32_t length,
                         struct hooks_reservation *reservation)
{
    struct pool *pool = &queue->pools[number];
    uint32_t count = (length + cell_bytes(pool) - 1) / cell_bytes(pool);
    uint32_t first = take_free(pool, count);
    if (first == 0) {
        first = take_fresh(pool, count);
    }
    if (first == 0) {
        return false;
    }
    cell_at(first)->length = length;
    reservation->cell = first;
    /* Not where this is a signal handler that has interrupted the same. */
    reservation->kept = thread != NULL && thread->building == 0 ? thread : NULL;
    if (reservation->kept != NULL) {
        thread->building = first;
    }
    return true;
}

unsigned hooks_queue_pieces(const struct hooks_reservation *reservation, uint32_t from, uint32_t length,
                            struct iovec pieces[HOOKS_PIECES])
{
    uint32_t room = cell_bytes(pool_of(reservation->cell));
    struct cell *cell = cell_at(reservation->cell);
    unsigned count = 0;
    while (length > 0 && count < HOOKS_PIECES) {
        if (from < room) {
            uint32_t piece = room - from < length ? room - from : length;
            pieces[count++] = (struct iovec){.iov_base = cell->bytes + from, .iov_len = piece};
            length -= piece;
            from = room;
        }
        from -= room;
        cell = cell_at(cell->next_cell);
    }
    return count;
}

void hooks_queue_write(const struct hooks_reservation *reservation, uint32_t from, const void *bytes, uint32_t length)
{
    struct iovec pieces[HOOKS_PIECES];
    unsigned count = hooks_queue_pieces(reservation, from, length, pieces);
    for (unsigned i = 0; i < count; i++) {
        memcpy(pieces[i].iov_base, bytes, pieces[i].iov_len);
        bytes = (const uint8_t *) bytes + pieces[i].iov_len;
    }
}

void hooks_queue_publish(const struct hooks_reservation *reservation)
{
    if (reservation->kept != NULL) {
        /* Before: a thread that is interrupted here for good must not give back what is published. */
        __atomic_store_n(&reservation->kept->building, 0, __ATOMIC_RELAXED);
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
    }
    uint64_t before = __atomic_load_n(&queue->published, __ATOMIC_RELAXED);
    do {
        cell_at(reservation->cell)->next_record = (uint32_t) before;
    } while (!__atomic_compare_exchange_n(&queue->published, &before, reservation->cell, true, __ATOMIC_RELEASE,
                                          __ATOMIC_RELAXED));
}

void hooks_queue_abandon(struct hooks_thread *thread)
{
    uint32_t first = thread->building;
    thread->building = 0;
    if (first != 0) {
        uint32_t last = first;
        for (uint32_t next = cell_at(last)->next_cell; next != 0; next = cell_at(last)->next_cell) {
            last = next;
        }
        give_back(pool_of(first), first, last);
    }
}

/* Gives the memory of the last cells back, as far as all are free. Cells are taken out of the list first, so that
 * no thread uses them meanwhile; those that stay come back by rising address, so that the last ones are used least. */
static void trim(struct pool *pool)
{
    uint64_t kept = KEPT_BYTES / UNIT / pool->cell_units;
    uint64_t fresh = __atomic_load_n(&pool->fresh, __ATOMIC_ACQUIRE);
    uint64_t bitmap_bytes = (pool->cells + 63) / 64 * sizeof(uint64_t);
    if (fresh <= kept) {
        return;
    }
    uint64_t *is_free = hooks_map(bitmap_bytes);
    if (is_free == NULL) {
        return;
    }
    uint64_t head = __atomic_load_n(&pool->free, __ATOMIC_ACQUIRE);
    while (
        !__atomic_compare_exchange_n(&pool->free, &head, changed(head, 0), true, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
    }
    for (uint32_t unit = (uint32_t) head; unit != 0; unit = cell_at(unit)->next_cell) {
        uint64_t i = (unit - pool->first) / pool->cell_units;
        is_free[i / 64] |= 1ull << i % 64;
    }
    uint64_t end = fresh;
    while (end > kept && is_free[(end - 1) / 64] >> (end - 1) % 64 & 1) {
        end--;
    }
    uint64_t cell_size = pool->cell_units * UNIT;
    uint64_t low = pool->first * UNIT + end * cell_size;
    uint64_t high = pool->first * UNIT + fresh * cell_size;
    low = (low + HOOKS_PAGE - 1) & ~(uint64_t) (HOOKS_PAGE - 1);
    high &= ~(uint64_t) (HOOKS_PAGE - 1); /* what is beyond may be taken by now */
    if (low < high) {
        hooks_syscall(SYS_madvise, (uintptr_t) queue + low, high - low, MADV_DONTNEED, 0, 0, 0);
    }
    uint64_t expected = fresh;
    if (!__atomic_compare_exchange_n(&pool->fresh, &expected, end, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
        end = fresh; /* somebody has gone on from there: all of them back into the list */
    }
    uint32_t first = 0;
    uint32_t last = 0;
    for (uint64_t i = end; i-- > 0;) {
        if (is_free[i / 64] >> i % 64 & 1) {
            uint32_t unit = (uint32_t) (pool->first + i * pool->cell_units);
            cell_at(unit)->next_cell = first;
            first = unit;
            last = last == 0 ? unit : last;
        }
    }
    if (first != 0) {
        give_back(pool, first, last);
    }
    hooks_syscall(SYS_munmap, (uintptr_t) is_free, bitmap_bytes, 0, 0, 0, 0);
}

void hooks_queue_trim(void)
{
    for (unsigned i = 0; queue != NULL && i < HOOKS_POOLS; i++) {
        trim(&queue->pools[i]);
    }
}

uint64_t hooks_queue_used(void)
{
    uint64_t bytes = 0;
    for (unsigned i = 0; queue != NULL && i < HOOKS_POOLS; i++) {
        const struct pool *pool = &queue->pools[i];
        bytes += __atomic_load_n(&pool->fresh, __ATOMIC_RELAXED) * pool->cell_units * UNIT;
    }
    return bytes;
}

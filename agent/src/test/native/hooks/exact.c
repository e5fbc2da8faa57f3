/* SPDX-License-Identifier: MIT
 *
 * Eight threads allocate by every function of the family and free, interval 1: all is accounted for to the byte, and
 * no address is seen to be born twice or to die unborn, though the threads hand blocks to each other.
 */
#define _GNU_SOURCE
#include "check.h"

#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define THREADS 8
#define ROUNDS 6000
#define SHARED 64
#define LIVE_SLOTS (1u << 20)

static uint64_t expected_bytes[THREADS][HOOKS_COUNTERS], expected_calls[THREADS][HOOKS_COUNTERS];
static _Atomic(void *) shared[SHARED];
static _Atomic int running = THREADS;

/* The reader's own account. */
static uint64_t live[LIVE_SLOTS];
static uint64_t seen_bytes[HOOKS_COUNTERS], seen_calls[HOOKS_COUNTERS], deaths, births, samples;

static uint64_t *live_slot(uint64_t address)
{
    uint32_t i = (uint32_t) (address * 0x9E3779B97F4A7C15u >> 44);
    while (live[i] != 0 && live[i] != address) {
        i = (i + 1) % LIVE_SLOTS;
    }
    return &live[i];
}

static void forget(uint64_t *slot)
{
    uint32_t hole = (uint32_t) (slot - live);
    *slot = 0;
    for (uint32_t i = (hole + 1) % LIVE_SLOTS; live[i] != 0; i = (i + 1) % LIVE_SLOTS) {
        uint64_t moved = live[i];
        live[i] = 0;
        *live_slot(moved) = moved;
    }
}

static void account(const struct dwunw_free *record, uint32_t length, void *context)
{
    (void) context;
    uint64_t *slot = live_slot(record->address);
    if (record->kind == DWUNW_KIND_ALLOCATION) {
        const struct dwunw_allocation *sample = (const struct dwunw_allocation *) (const void *) record;
        bool grown = record->flags & DWUNW_FLAG_GROWN;
        CHECK(*slot == (grown ? record->address : 0), "%lx born twice", record->address);
        CHECK(length == DWUNW_ALLOCATION_HEADER_BYTES + sample->stack_length, "%u %u", length, sample->stack_length);
        CHECK(sample->stack_length > 0 && sample->stack_base == sample->registers[7], "stack");
        CHECK(record->flags & DWUNW_FLAG_AT_RETURN, "flags %x", record->flags);
        CHECK(strncmp(sample->comm, "worker", 6) == 0, "comm %.16s", sample->comm);
        samples++;
        if (grown) {
            return; /* its move has been counted */
        }
        *slot = record->address;
        seen_bytes[record->allocator] += record->size;
        seen_calls[record->allocator]++;
        births++;
    } else if (record->kind == DWUNW_KIND_MOVE) {
        const struct dwunw_move *move = (const struct dwunw_move *) (const void *) record;
        CHECK(length == DWUNW_MOVE_BYTES && move->kept <= record->size, "%u bytes, %lu kept", length, move->kept);
        CHECK(*slot == 0, "%lx born twice", record->address);
        *slot = record->address;
        seen_bytes[record->allocator] += record->size;
        seen_calls[record->allocator]++;
    } else {
        CHECK(record->kind == DWUNW_KIND_FREE, "kind %u", record->kind);
        CHECK(*slot == record->address, "%lx died unborn", record->address);
        forget(slot);
        deaths += !(record->flags & DWUNW_FLAG_MOVES);
    }
}

static void *expect(int thread, unsigned allocator, size_t size, void *block)
{
    CHECK(block != NULL, "allocator %u size %zu", allocator, size);
    expected_bytes[thread][allocator] += size;
    expected_calls[thread][allocator]++;
    return block;
}

static void *allocate(int thread, unsigned allocator, size_t size)
{
    void *p = NULL;
    switch (allocator) {
    case DWUNW_CALLOC:
        return expect(thread, allocator, 3 * size, calloc(3, size));
    case DWUNW_REALLOC:
        p = expect(thread, DWUNW_MALLOC, size, malloc(size));
        return expect(thread, allocator, 2 * size, realloc(p, 2 * size));
    case DWUNW_REALLOCARRAY:
        return expect(thread, allocator, 5 * size, reallocarray(NULL, 5, size));
    case DWUNW_POSIX_MEMALIGN:
        CHECK(posix_memalign(&p, 64, size) == 0, "posix_memalign");
        return expect(thread, allocator, size, p);
    case DWUNW_ALIGNED_ALLOC:
        return expect(thread, allocator, size * 64, aligned_alloc(64, size * 64));
    case DWUNW_MEMALIGN:
        return expect(thread, allocator, size, memalign(256, size));
    case DWUNW_VALLOC:
        return expect(thread, allocator, size, valloc(size));
    case DWUNW_PVALLOC:
        return expect(thread, allocator, size, pvalloc(size));
    default:
        return expect(thread, DWUNW_MALLOC, size, malloc(size));
    }
}

static void *work(void *argument)
{
    int thread = (int) (intptr_t) argument;
    pthread_setname_np(pthread_self(), "worker");
    uint32_t random = 12345u * (uint32_t) (thread + 1);
    for (int i = 0; i < ROUNDS; i++) {
        random = random * 1664525u + 1013904223u;
        unsigned allocator = (random >> 8) % (DWUNW_PVALLOC + 1);
        void *mine = allocate(thread, allocator, 1 + (random >> 16) % 900);
        free(atomic_exchange(&shared[random % SHARED], mine));
        if (i % 16 == 0) {
            size_t size = (1 + random % 5) * 4096;
            void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            expect(thread, DWUNW_MMAP, size, map);
            CHECK(munmap(map, size) == 0, "munmap");
        }
    }
    running--;
    return NULL;
}

/* What is freed at the end goes through this program's own slot, too. */
static void finish(void)
{
    for (int i = 0; i < SHARED; i++) {
        free(atomic_exchange(&shared[i], NULL));
    }
    door_drain(account, NULL);
}

int main(void)
{
    pthread_t threads[THREADS];
    CHECK(door_open(64 << 20, 512, 1) == 0, "open");
    CHECK(door_exclude((uint32_t) syscall(SYS_gettid)) == 0, "exclude");
    CHECK(door_attach(true) > 0, "attach");
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, work, (void *) (intptr_t) i) == 0, "thread");
    }
    while (running > 0) {
        door_drain(account, NULL);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    finish();

    struct door_counters c;
    door_counters(&c);
    CHECK(c.lost == 0 && c.lost_frees == 0 && c.untracked == 0, "lost %lu %lu %lu", c.lost, c.lost_frees, c.untracked);
    for (unsigned a = 0; a <= DWUNW_MMAP; a++) {
        uint64_t bytes = 0, calls = 0;
        for (int t = 0; t < THREADS; t++) {
            bytes += expected_bytes[t][a];
            calls += expected_calls[t][a];
        }
        CHECK(seen_bytes[a] == bytes && seen_calls[a] == calls, "allocator %u: %lu of %lu bytes, %lu of %lu calls", a,
              seen_bytes[a], bytes, seen_calls[a], calls);
        CHECK(c.bytes[a] == bytes && c.calls[a] == calls, "counters of %u: %lu of %lu bytes, %lu of %lu calls", a,
              c.bytes[a], bytes, c.calls[a], calls);
    }
    CHECK(births == deaths && samples == c.sampled, "%lu born, %lu died, %lu sampled", births, deaths, c.sampled);
    CHECK(door_detach() > 0, "detach");
    printf("ok: %lu blocks\n", births);
    return 0;
}

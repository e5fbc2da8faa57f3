/* SPDX-License-Identifier: MIT
 *
 * Blocks and mappings that grow and shrink: an account kept as the agent keeps it is exact at interval 1, and
 * unbiased above, for what grows and for what is allocated in between. The seed is fixed, so the result is too.
 */
#define _GNU_SOURCE
#include "check.h"

#include <malloc.h>
#include <math.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096ul
#define TABLES 3000
#define PAIRS 200000
#define INTERVAL 4096
#define SMALL 64
#define BLOCKS 8

/* The reader's own account: few blocks at a time. */
static struct block {
    uint64_t address, size;
    double weight, variance;
} blocks[BLOCKS], leaving;
static double growth_weight, small_weight, small_variance;
static uint64_t growths;

static struct block *find(uint64_t address)
{
    for (unsigned i = 0; i < BLOCKS; i++) {
        if (blocks[i].address == address) {
            return &blocks[i];
        }
    }
    return NULL;
}

static void draw(struct block *block, const struct dwunw_free *record)
{
    const struct dwunw_allocation *sample = (const struct dwunw_allocation *) (const void *) record;
    double w = round(weight(record));
    block->size = record->size;
    block->weight += w;
    block->variance += w * (w - (double) sample->drawn);
    if (sample->drawn < record->size) {
        growth_weight += w;
        growths++;
    }
}

static void account(const struct dwunw_free *record, uint32_t length, void *context)
{
    (void) length;
    (void) context;
    struct block *block = find(record->address);
    if (record->kind == DWUNW_KIND_ALLOCATION) {
        if (!(record->flags & DWUNW_FLAG_GROWN)) {
            block = find(0);
            CHECK(block != NULL, "too many blocks");
            *block = (struct block){.address = record->address};
        }
        CHECK(block != NULL, "the growth of an unknown block");
        draw(block, record);
        if (record->size == SMALL) {
            small_weight += block->weight;
            small_variance += block->variance;
        }
    } else if (record->kind == DWUNW_KIND_MOVE) {
        const struct dwunw_move *move = (const struct dwunw_move *) (const void *) record;
        CHECK(leaving.address == move->old_address, "%lx moved", move->old_address);
        double share = (double) move->kept / (double) leaving.size;
        block = find(0);
        *block = (struct block){.address = record->address,
                                .size = record->size,
                                .weight = round(leaving.weight * share),
                                .variance = leaving.variance * share * share};
    } else if (block != NULL) {
        leaving = *block;
        block->address = 0;
    }
}

static double live_weight(double *variance)
{
    double sum = 0;
    *variance = 0;
    for (unsigned i = 0; i < BLOCKS; i++) {
        sum += blocks[i].address != 0 ? blocks[i].weight : 0;
        *variance += blocks[i].address != 0 ? blocks[i].variance : 0;
    }
    return sum;
}

static uint32_t random_number = 2026;

static uint32_t next(uint32_t bound)
{
    random_number = random_number * 1664525u + 1013904223u;
    return (random_number >> 8) % bound;
}

static void exact(void)
{
    memset(blocks, 0, sizeof(blocks));
    void *table = NULL;
    double variance;
    for (unsigned i = 0; i < 2000; i++) {
        size_t size = 1 + next(1000) + (i % 50) * (i % 50) * 100;
        table = i % 3 == 0 ? reallocarray(table, 1, size) : realloc(table, size);
        door_drain(account, NULL);
        double known = live_weight(&variance);
        CHECK(known == (double) size && variance == 0, "%zu bytes, %f known", size, known);
    }
    free(table);
    door_drain(account, NULL);
    CHECK(live_weight(&variance) == 0, "%f bytes left", live_weight(&variance));
}

static uint64_t unmapped, unmapped_bytes, drawn_bytes;

static void sum_mapping(const struct dwunw_free *record, uint32_t length, void *context)
{
    (void) length;
    (void) context;
    if (record->kind == DWUNW_KIND_ALLOCATION) {
        drawn_bytes += ((const struct dwunw_allocation *) (const void *) record)->drawn;
    } else if (record->allocator == DWUNW_MUNMAP) {
        unmapped++;
        unmapped_bytes += record->size;
    }
}

/* It stays one, however often it grows: only so many are moved at once. */
static void mapping(void)
{
    char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (unsigned pages = 1; pages < 60; pages++) {
        p = mremap(p, pages * PAGE, (pages + 1) * PAGE, MREMAP_MAYMOVE);
        CHECK(p != MAP_FAILED, "mremap");
    }
    munmap(p, 60 * PAGE);
    door_drain(sum_mapping, NULL);
    CHECK(drawn_bytes == 60 * PAGE && unmapped == 1 && unmapped_bytes == 60 * PAGE,
          "%lu bytes drawn, %lu in %lu unmapped", drawn_bytes, unmapped_bytes, unmapped);
}

static void unbiased(void)
{
    double bytes = 0, sum = 0, variance = 0, known;
    for (unsigned i = 0; i < TABLES; i++) {
        memset(blocks, 0, sizeof(blocks));
        size_t size = 0;
        void *table = NULL;
        for (unsigned step = 0; step < 12; step++) {
            size = step % 5 == 4 ? size / 2 + 1 : size * 3 / 2 + 100 + next(200);
            table = realloc(table, size);
        }
        door_drain(account, NULL);
        sum += live_weight(&known);
        variance += known;
        bytes += (double) size;
        free(table);
        door_drain(account, NULL);
    }
    CHECK(fabs(sum - bytes) < 4 * sqrt(variance), "%f of %f bytes, standard error %f", sum, bytes, sqrt(variance));
    CHECK(sqrt(variance) < bytes / 50, "standard error %f", sqrt(variance));
    printf("tables: %f of the bytes, standard error %f\n", sum / bytes, sqrt(variance) / bytes);
}

/* A large table that grows by little each time takes no bytes from the countdown of what is allocated beside it, and
 * is not sampled for its size. */
static void beside(void)
{
    growth_weight = small_weight = small_variance = 0;
    growths = 0;
    double bytes = 0, growth = 0;
    for (unsigned i = 0; i < PAIRS / 100; i++) {
        memset(blocks, 0, sizeof(blocks));
        size_t size = 20 * INTERVAL;
        void *table = malloc(size);
        for (unsigned k = 0; k < 100; k++) {
            free(malloc(SMALL));
            bytes += SMALL;
            size_t room = malloc_usable_size(table);
            size += 40;
            table = realloc(table, size);
            growth += size > room ? (double) (size - room) : 0;
        }
        free(table);
        door_drain(account, NULL);
    }
    double growth_error = sqrt((double) growths) * INTERVAL;
    CHECK(fabs(small_weight - bytes) < 4 * sqrt(small_variance), "%f of %f small bytes, error %f", small_weight, bytes,
          sqrt(small_variance));
    CHECK(growth > 0 && fabs(growth_weight - growth) < 4 * growth_error, "%f of %f bytes grown, error %f",
          growth_weight, growth, growth_error);
    printf("beside: %f of small bytes, %f of growth\n", small_weight / bytes, growth_weight / growth);
}

int main(void)
{
    CHECK(door_open(16 << 20, 256, 1) == 0 && door_attach(true) > 0, "attach");
    free(malloc(1));
    door_drain(account, NULL);
    exact();
    mapping();
    door_seed(20260101);
    door_interval(INTERVAL); /* draws anew */
    unbiased();
    beside();
    struct door_counters c;
    door_counters(&c);
    CHECK(c.lost == 0 && c.lost_frees == 0 && c.untracked == 0, "lost");
    printf("ok\n");
    return 0;
}

/* SPDX-License-Identifier: MIT
 *
 * More samples than there is room for, before anybody takes one in: first stacks are left out, then allocations, then
 * frees, and what is left out is counted. When the reader has taken them in, all the room is there again.
 */
#include "check.h"

#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* 48 records with stacks, 127 allocations without and as many frees. */
#define QUEUE_BYTES (64 << 10)
#define SIZE 1000
#define BLOCKS 500

struct seen {
    uint64_t births, bytes, bare, deaths, unborn;
};

static void *blocks[BLOCKS];
static bool alive[BLOCKS];

static int index_of(uint64_t address)
{
    for (int i = 0; i < BLOCKS; i++) {
        if ((uint64_t) (uintptr_t) blocks[i] == address) {
            return i;
        }
    }
    return -1;
}

static void take(const struct dwunw_free *record, uint32_t length, void *context)
{
    struct seen *seen = context;
    int i = index_of(record->address);
    if (i < 0) {
        return;
    }
    if (record->kind == DWUNW_KIND_FREE) {
        seen->deaths++;
        seen->unborn += !alive[i];
        alive[i] = false;
        return;
    }
    CHECK(record->size == SIZE && record->interval == 1 && record->tid == (uint32_t) syscall(SYS_gettid), "head");
    CHECK(record->allocator == DWUNW_MALLOC && record->time_ns != 0, "head");
    CHECK(record->kind == DWUNW_KIND_BARE
              ? length == DWUNW_FREE_BYTES
              : record->kind == DWUNW_KIND_ALLOCATION && length > DWUNW_ALLOCATION_HEADER_BYTES,
          "kind %u, %u bytes", record->kind, length);
    alive[i] = true;
    seen->births++;
    seen->bytes += record->size;
    seen->bare += record->kind == DWUNW_KIND_BARE;
}

static struct seen burst(int count)
{
    struct door_counters before, after;
    memset(alive, 0, sizeof(alive));
    door_counters(&before);
    for (int i = 0; i < count; i++) {
        blocks[i] = malloc(SIZE);
    }
    for (int i = 0; i < count; i++) {
        free(blocks[i]);
    }
    door_counters(&after);
    struct seen seen = {0};
    door_drain(take, &seen);
    CHECK(seen.births + after.lost - before.lost == (uint64_t) count, "%lu births, %lu lost", seen.births,
          after.lost - before.lost);
    CHECK(seen.deaths + after.lost_frees - before.lost_frees == seen.births, "%lu births, %lu deaths, %lu lost",
          seen.births, seen.deaths, after.lost_frees - before.lost_frees);
    CHECK(seen.unborn == 0 && seen.bytes == seen.births * SIZE, "%lu unborn", seen.unborn);
    CHECK(seen.bare == after.bare - before.bare, "%lu without stack, %lu counted", seen.bare, after.bare - before.bare);
    return seen;
}

int main(void)
{
    CHECK(door_open(QUEUE_BYTES, 512, 1) == 0 && door_attach(true) > 0, "attach");
    for (int round = 0; round < 20; round++) {
        struct seen seen = burst(20);
        CHECK(seen.births == 20 && seen.bare == 0 && seen.deaths == 20, "%lu births, %lu deaths", seen.births,
              seen.deaths);
        seen = burst(120);
        CHECK(seen.births == 120 && seen.bare >= 72 && seen.bare < 120 && seen.deaths == 120,
              "%lu births, %lu without stack, %lu deaths", seen.births, seen.bare, seen.deaths);
        seen = burst(BLOCKS);
        CHECK(seen.births >= 127 && seen.births < BLOCKS && seen.deaths >= 127, "%lu births", seen.births);
    }
    CHECK(door_detach() > 0, "detach");
    printf("ok\n");
    return 0;
}

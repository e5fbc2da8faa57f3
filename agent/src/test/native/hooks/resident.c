/* SPDX-License-Identifier: MIT
 *
 * Of a large queue only as much is resident as was needed at the same time; and when a burst is over, it is given back.
 * A child has none of it.
 */
#define _GNU_SOURCE
#include "check.h"

#include <sys/wait.h>
#include <unistd.h>

#define MIB (1l << 20)
#define QUEUE_BYTES (256 * MIB)
/* Each with a stack of 8 KiB. */
#define BURST 4000
#define SIZE 64

static uint64_t records;

static void count(const struct dwunw_free *record, uint32_t length, void *context)
{
    (void) context;
    CHECK(record->kind != DWUNW_KIND_BARE && length >= DWUNW_FREE_BYTES, "kind %u", record->kind);
    records++;
}

static long resident(void)
{
    FILE *sizes = fopen("/proc/self/statm", "r");
    long all = 0;
    long pages = 0;
    CHECK(fscanf(sizes, "%ld %ld", &all, &pages) == 2, "statm");
    fclose(sizes);
    return pages * 4096;
}

static __attribute__((noinline)) void pairs(int number, bool drain)
{
    volatile char deep[8192];
    deep[0] = 0;
    for (int i = 0; i < number; i++) {
        void *volatile p = malloc(SIZE);
        free(p);
        if (drain && i % 16 == 0) {
            door_drain(count, NULL);
        }
    }
    CHECK(deep[0] == 0, "the stack");
}

/* A fork copies the page tables of all that is resident. */
static void check_child(void)
{
    long parent = resident();
    pid_t child = fork();
    if (child == 0) {
        CHECK(resident() < parent - 24 * MIB, "%ld of %ld MiB in the child", resident() / MIB, parent / MIB);
        void *volatile p = malloc(SIZE);
        free(p);
        _exit(0);
    }
    int status = 1;
    CHECK(waitpid(child, &status, 0) == child && status == 0, "child: %x", status);
}

int main(void)
{
    CHECK(door_open(QUEUE_BYTES, 65536, 1) == 0 && door_attach(true) > 0, "attach");
    pairs(100, true);
    long before = resident();
    pairs(20 * BURST, true);
    CHECK(resident() < before + 8 * MIB, "%ld MiB for records that were taken at once", (resident() - before) / MIB);
    for (int round = 0; round < 3; round++) {
        pairs(BURST, false);
        CHECK(resident() > before + 24 * MIB, "%ld MiB for a burst", (resident() - before) / MIB);
        check_child();
        records = 0;
        door_drain(count, NULL);
        CHECK(records >= 2 * BURST, "%lu records", records);
        for (int i = 0; i < 100; i++) {
            door_verify();
        }
        CHECK(resident() < before + 12 * MIB, "%ld MiB after the burst", (resident() - before) / MIB);
        pairs(100, true);
    }
    CHECK(door_detach() > 0, "detach");
    printf("ok\n");
    return 0;
}

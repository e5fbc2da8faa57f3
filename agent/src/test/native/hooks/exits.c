/* SPDX-License-Identifier: MIT
 *
 * Threads that die, and allocate while they do: every call counts once, every block dies, and the hooks' memory for
 * threads is used again.
 */
#define _GNU_SOURCE
#include "check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LIVES 3000
#define AT_ONCE 4
#define DESTRUCTOR_ROUNDS 4

static pthread_key_t key;
static atomic_ulong allocations;
static uint64_t births, deaths;

/* As long as it sets its key again, it is called again: up to the last round that there is. */
static void last_words(void *value)
{
    void *volatile p = malloc(123);
    allocations++;
    free(p);
    pthread_setspecific(key, value);
}

static void *live(void *argument)
{
    pthread_setspecific(key, &key);
    void *volatile p = malloc(321);
    allocations++;
    free(p);
    return argument;
}

static void count(const struct dwunw_free *record, uint32_t length, void *context)
{
    (void) length;
    (void) context;
    births += record->kind == DWUNW_KIND_ALLOCATION;
    deaths += record->kind == DWUNW_KIND_FREE;
}

static long resident_pages(void)
{
    long size = 0, resident = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    CHECK(fscanf(statm, "%ld %ld", &size, &resident) == 2, "statm");
    fclose(statm);
    return resident;
}

int main(void)
{
    CHECK(pthread_key_create(&key, last_words) == 0, "key");
    CHECK(door_open(1 << 20, 256, 1) == 0 && door_exclude((uint32_t) syscall(SYS_gettid)) == 0, "open");
    CHECK(door_attach(true) > 0, "attach");
    long pages = 0;
    for (int i = 0; i < LIVES; i += AT_ONCE) {
        pthread_t threads[AT_ONCE];
        for (int t = 0; t < AT_ONCE; t++) {
            CHECK(pthread_create(&threads[t], NULL, live, NULL) == 0, "thread");
        }
        for (int t = 0; t < AT_ONCE; t++) {
            pthread_join(threads[t], NULL);
        }
        door_drain(count, NULL);
        door_verify();
        if (i == LIVES / 3 / AT_ONCE * AT_ONCE) {
            pages = resident_pages();
        }
    }
    struct door_counters c;
    door_counters(&c);
    CHECK(allocations == LIVES * (1 + DESTRUCTOR_ROUNDS), "%lu allocations", allocations);
    CHECK(births == allocations && deaths == allocations && c.lost == 0, "%lu births, %lu deaths", births, deaths);
    CHECK(c.calls[DWUNW_MALLOC] == allocations && c.calls[DWUNW_FREE] == allocations,
          "%lu calls of malloc, %lu of free", c.calls[DWUNW_MALLOC], c.calls[DWUNW_FREE]);
    CHECK(resident_pages() < pages + 100, "%ld pages, %ld before", resident_pages(), pages);
    printf("ok: %lu blocks\n", births);
    return 0;
}

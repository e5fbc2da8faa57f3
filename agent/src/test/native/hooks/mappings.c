/* SPDX-License-Identifier: MIT
 *
 * Mappings that are taken apart by several threads at once: every page dies, once. An unmapping that the kernel refuses
 * (as a filter here makes it do) is taken back.
 */
#define _GNU_SOURCE
#include "check.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define PAGE 4096ul
#define THREADS 3
#define PAGES (THREADS * 16ul)
#define ROUNDS 8000
#define REFUSED (7 * PAGE)

static char *volatile mapping;
static uint64_t born, died, revived, records;
static pthread_barrier_t barrier;

static void account(const struct dwunw_free *record, uint32_t length, void *context)
{
    (void) length;
    (void) context;
    born += record->kind == DWUNW_KIND_ALLOCATION ? record->size : 0;
    died += record->kind == DWUNW_KIND_FREE ? record->size : 0;
    revived += record->kind == DWUNW_KIND_UNFREE ? record->size : 0;
    records++;
}

static void *map(uint64_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(p != MAP_FAILED, "mmap");
    return p;
}

/* Every THREADS-th page each. */
static void *take_apart(void *argument)
{
    for (int round = 0; round < ROUNDS; round++) {
        pthread_barrier_wait(&barrier);
        for (uint64_t page = (uint64_t) (uintptr_t) argument; page < PAGES; page += THREADS) {
            munmap(mapping + page * PAGE, PAGE);
        }
        pthread_barrier_wait(&barrier);
    }
    return NULL;
}

static void at_once(void)
{
    pthread_t threads[THREADS];
    pthread_barrier_init(&barrier, NULL, THREADS + 1);
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, take_apart, (void *) (intptr_t) i) == 0, "thread");
    }
    for (int round = 0; round < ROUNDS; round++) {
        door_drain(account, NULL);
        born = died = 0;
        mapping = map(PAGES * PAGE);
        pthread_barrier_wait(&barrier);
        pthread_barrier_wait(&barrier);
        door_drain(account, NULL);
        CHECK(born == PAGES * PAGE && died == born, "round %d: %lu bytes mapped, %lu unmapped", round, born, died);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
}

/* Too many mappings: both parts that would be left need one. */
static void refused(void)
{
    door_refuse(SYS_munmap, REFUSED, ENOMEM);
    char *p = map(20 * PAGE);
    door_drain(account, NULL);
    born = died = revived = records = 0;
    errno = 0;
    CHECK(munmap(p + 3 * PAGE, REFUSED) == -1 && errno == ENOMEM, "munmap: errno %d", errno);
    door_drain(account, NULL);
    CHECK(records == 2 && died == REFUSED && revived == REFUSED, "%lu bytes died, %lu came back", died, revived);
    CHECK(munmap(p, 20 * PAGE) == 0, "munmap");
    door_drain(account, NULL);
    CHECK(died == 20 * PAGE + REFUSED, "%lu bytes died", died);
}

int main(void)
{
    CHECK(door_open(4 << 20, 256, 1) == 0 && door_attach(true) > 0, "attach");
    at_once();
    refused();
    struct door_counters c;
    door_counters(&c);
    CHECK(c.lost == 0 && c.lost_frees == 0 && c.untracked == 0, "lost");
    printf("ok\n");
    return 0;
}

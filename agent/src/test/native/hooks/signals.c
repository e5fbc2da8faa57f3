/* SPDX-License-Identifier: MIT
 *
 * Signal handlers that map and unmap, in threads that allocate, at thousands of signals a second: nothing hangs,
 * crashes or changes errno, and what was seen to be born is seen to die. Interval 1, so that most signals hit the
 * hooks.
 */
#define _GNU_SOURCE
#include "check.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define THREADS 3
#define ROUNDS 40000

static atomic_ulong handled;
static atomic_int running = THREADS;
static uint64_t births, deaths;

static void handler(int signal)
{
    (void) signal;
    int before = errno;
    void *p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(p != MAP_FAILED && munmap(p, 4096) == 0, "map");
    CHECK(errno == before, "errno");
    handled++;
}

static void count(const struct dwunw_free *record, uint32_t length, void *context)
{
    (void) length;
    (void) context;
    births += record->kind == DWUNW_KIND_ALLOCATION;
    deaths += record->kind == DWUNW_KIND_FREE;
}

static void *work(void *argument)
{
    for (int i = 0; i < ROUNDS; i++) {
        errno = 5;
        void *volatile p = malloc(100);
        free(p);
        CHECK(errno == 5, "errno %d", errno);
    }
    running--;
    return argument;
}

int main(void)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    sigaction(SIGUSR1, &action, NULL);
    CHECK(door_open(128 << 20, 256, 1) == 0 && door_exclude((uint32_t) syscall(SYS_gettid)) == 0, "open");
    CHECK(door_attach(true) > 0, "attach");
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, work, NULL) == 0, "thread");
    }
    while (running == THREADS) { /* as long as every thread is there to be signalled */
        for (int i = 0; i < THREADS; i++) {
            pthread_kill(threads[i], SIGUSR1);
        }
        door_drain(count, NULL);
        usleep(50);
    }
    while (running > 0) {
        door_drain(count, NULL);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    door_drain(count, NULL);
    struct door_counters c;
    door_counters(&c);
    CHECK(handled > 100, "%lu signals", handled);
    /* The ring holds all of it, whenever the reader gets to run. */
    CHECK(c.lost == 0 && c.lost_frees == 0, "lost %lu %lu", c.lost, c.lost_frees);
    CHECK(births == deaths && births >= THREADS * ROUNDS, "%lu births, %lu deaths", births, deaths);
    printf("ok: %lu signals, %lu blocks\n", handled, births);
    return 0;
}

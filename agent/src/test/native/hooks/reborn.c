/* SPDX-License-Identifier: MIT
 *
 * Threads that are born while others die, under a collector of dead threads that never rests: no two living threads
 * ever share a block. A child after vfork, whose parent has not allocated yet, does not give it a block of its own.
 */
#define _GNU_SOURCE
#include "check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define BREEDERS 6
#define LIVES 6000
#define OWNERS 4096

static struct {
    _Atomic(const void *) block;
    atomic_int owners;
} owned[OWNERS];
static atomic_bool stop;

static atomic_int *owners_of(const void *block)
{
    for (unsigned i = 0; i < OWNERS; i++) {
        const void *expected = NULL;
        if (owned[i].block == block || atomic_compare_exchange_strong(&owned[i].block, &expected, block)
            || expected == block) {
            return &owned[i].owners;
        }
    }
    CHECK(false, "too many blocks");
    return NULL;
}

static void *live(void *argument)
{
    free(malloc(10));
    atomic_int *owners = owners_of(door_thread());
    CHECK(atomic_fetch_add(owners, 1) == 0, "two threads own one block");
    for (int i = 0; i < 20; i++) {
        free(malloc(10));
        CHECK(*owners == 1, "two threads own one block");
    }
    atomic_fetch_sub(owners, 1);
    return argument;
}

static void *breed(void *argument)
{
    for (int i = 0; i < LIVES / BREEDERS; i++) {
        pthread_t child;
        CHECK(pthread_create(&child, NULL, live, NULL) == 0, "thread");
        pthread_join(child, NULL);
    }
    return argument;
}

static void *collect(void *argument)
{
    while (!stop) {
        door_collect();
    }
    return argument;
}

static void *first_call_after_vfork(void *tid)
{
    pid_t child = vfork();
    if (child == 0) {
        free(malloc(10));
        _exit(0);
    }
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child && status == 0, "child %x", (unsigned) status);
    void *volatile p = malloc(12345);
    free(p);
    *(uint32_t *) tid = (uint32_t) syscall(SYS_gettid);
    return NULL;
}

static void keep(const struct dwunw_free *record, uint32_t length, void *context)
{
    (void) length;
    if (record->size == 12345) {
        *(uint32_t *) context = record->tid;
    }
}

static void ignore(const struct dwunw_free *record, uint32_t length, void *context)
{
    (void) record;
    (void) length;
    (void) context;
}

int main(void)
{
    CHECK(door_open(8 << 20, 256, 1) == 0 && door_attach(true) > 0, "attach");
    uint32_t tid = 0, recorded = 0;
    pthread_t forking;
    CHECK(pthread_create(&forking, NULL, first_call_after_vfork, &tid) == 0, "thread");
    pthread_join(forking, NULL);
    door_drain(keep, &recorded);
    CHECK(tid != 0 && recorded == tid, "thread %u is called %u", tid, recorded);

    pthread_t collector, breeders[BREEDERS];
    CHECK(pthread_create(&collector, NULL, collect, NULL) == 0, "thread");
    for (int i = 0; i < BREEDERS; i++) {
        CHECK(pthread_create(&breeders[i], NULL, breed, NULL) == 0, "thread");
    }
    for (int i = 0; i < BREEDERS; i++) {
        pthread_join(breeders[i], NULL);
        door_drain(ignore, NULL);
    }
    stop = true;
    pthread_join(collector, NULL);
    printf("ok\n");
    return 0;
}

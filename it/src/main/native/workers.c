/* SPDX-License-Identifier: MIT */
/* Threads that the JVM knows nothing of: each allocates with every member of the family, and releases a neighbour's
 * blocks. */
#define _GNU_SOURCE
#include "blocks.h"

#include <pthread.h>
#include <unistd.h>

#define MAX_THREADS 8
#define MAX_ROUNDS 1000

/* Not on the heap: the blocks that a test counts are all the memory that these threads ask for. */
static void *blocks[MAX_THREADS][FAMILIES][MAX_ROUNDS];
static pthread_barrier_t all_allocated;
static struct {
    int threads, rounds, kept, pause_micros;
} plan;

/* Every thread and family has a size of its own; WorkersPlan.size in Java says the same. */
static size_t size_of(int thread, int family)
{
    return family == BY_MMAP ? (size_t) 4096 * (3 + thread) : (size_t) 3 * (1000 * (family + 1) + 10 * thread + 1);
}

static LAYER void *worker(void *argument)
{
    int self = (int) (long) argument;
    int neighbour = (self + 1) % plan.threads;
    for (int round = 0; round < plan.rounds; round++) {
        for (int family = 0; family < FAMILIES; family++) {
            blocks[self][family][round] = dwunwit_allocate(family, size_of(self, family));
            if (plan.pause_micros > 0) {
                usleep(plan.pause_micros);
            }
        }
    }
    pthread_barrier_wait(&all_allocated);
    for (int round = plan.kept; round < plan.rounds; round++) {
        for (int family = 0; family < FAMILIES; family++) {
            dwunwit_release(family, blocks[neighbour][family][round], size_of(neighbour, family));
        }
    }
    return NULL;
}

LAYER int dwunwit_workers(int threads, int rounds, int kept, int pause_micros)
{
    if (threads < 1 || threads > MAX_THREADS || rounds < 1 || rounds > MAX_ROUNDS) {
        return -1;
    }
    plan.threads = threads;
    plan.rounds = rounds;
    plan.kept = kept;
    plan.pause_micros = pause_micros;
    pthread_barrier_init(&all_allocated, NULL, threads);
    pthread_t ids[MAX_THREADS];
    for (long thread = 0; thread < threads; thread++) {
        if (pthread_create(&ids[thread], NULL, worker, (void *) thread) != 0) {
            return -1;
        }
    }
    for (int thread = 0; thread < threads; thread++) {
        pthread_join(ids[thread], NULL);
    }
    pthread_barrier_destroy(&all_allocated);
    return 0;
}

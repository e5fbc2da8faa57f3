/* SPDX-License-Identifier: MIT */
/* Unrest: libraries come and go, threads are born and die, all of them allocating; and beside them threads whose blocks
 * are counted. */
#define _GNU_SOURCE
#include "blocks.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OPENERS 2
#define BREEDERS 2
#define MAX_THREADS 16
#define MAX_KEPT 16

static atomic_int stopping, openings, lives, failures;
static pthread_t background[OPENERS + BREEDERS];
static char directory[512];
static int libraries;

static struct {
    int rounds, kept;
    size_t size;
} plan;
static void *kept_blocks[MAX_THREADS][MAX_KEPT];
/* From one thread to another, which frees what it finds here. */
static _Atomic(void *) handed[MAX_THREADS];

/* Opens one copy of the library after another, calls it, and closes it. */
static void *opener(void *first)
{
    for (int i = (int) (intptr_t) first; !stopping; i++) {
        char path[600];
        snprintf(path, sizeof path, "%s/late-%d.so", directory, i % libraries);
        void *library = dlopen(path, i % 2 == 0 ? RTLD_NOW : RTLD_LAZY);
        void (*pair)(size_t) = library == NULL ? NULL : (void (*)(size_t))(uintptr_t) dlsym(library, "dwunwlate_pair");
        if (pair == NULL) {
            failures++;
            return NULL;
        }
        pair(1000 + i % 100);
        dlclose(library);
        openings++;
        usleep(1500);
    }
    return NULL;
}

static void *short_life(void *unused)
{
    for (int i = 0; i < 5; i++) {
        free(dwunwit_used(malloc(100 + i)));
    }
    return unused;
}

static void *breeder(void *unused)
{
    while (!stopping) {
        pthread_t child;
        if (pthread_create(&child, NULL, short_life, NULL) != 0) {
            failures++;
            return NULL;
        }
        pthread_join(child, NULL);
        lives++;
        usleep(1000);
    }
    return unused;
}

int dwunwit_churn_start(const char *copies, int count)
{
    strncpy(directory, copies, sizeof directory - 1);
    libraries = count;
    stopping = 0;
    for (intptr_t i = 0; i < OPENERS + BREEDERS; i++) {
        if (pthread_create(&background[i], NULL, i < OPENERS ? opener : breeder, (void *) i) != 0) {
            return -1;
        }
    }
    return 0;
}

/* Negative if something failed, or hardly any library was opened or thread born since the start. */
int dwunwit_churn_stop(void)
{
    stopping = 1;
    for (int i = 0; i < OPENERS + BREEDERS; i++) {
        pthread_join(background[i], NULL);
    }
    int few = (atomic_exchange(&openings, 0) < 10) | (atomic_exchange(&lives, 0) < 10);
    return failures != 0 || few ? -1 : 0;
}

LAYER void *dwunwit_counted(size_t size)
{
    return dwunwit_used(malloc(size));
}

static LAYER void *counted_worker(void *argument)
{
    int self = (int) (intptr_t) argument;
    for (int round = 0; round < plan.rounds; round++) {
        void *block = dwunwit_counted(plan.size + self);
        if (round < plan.kept) {
            kept_blocks[self][round] = block;
        } else {
            free(atomic_exchange(&handed[(self + round) % MAX_THREADS], block));
        }
    }
    return NULL;
}

/* Each thread allocates `rounds` blocks of `size` and its own number of bytes; all but `kept` of them are freed, most
 * by another. */
LAYER int dwunwit_churn_counted(int threads, int rounds, int kept, size_t size)
{
    if (threads > MAX_THREADS || kept > MAX_KEPT) {
        return -1;
    }
    plan.rounds = rounds;
    plan.kept = kept;
    plan.size = size;
    pthread_t ids[MAX_THREADS];
    for (intptr_t thread = 0; thread < threads; thread++) {
        if (pthread_create(&ids[thread], NULL, counted_worker, (void *) thread) != 0) {
            return -1;
        }
    }
    for (int thread = 0; thread < threads; thread++) {
        pthread_join(ids[thread], NULL);
    }
    for (int i = 0; i < MAX_THREADS; i++) {
        free(atomic_exchange(&handed[i], NULL));
    }
    return 0;
}

void dwunwit_churn_release(void)
{
    for (int thread = 0; thread < MAX_THREADS; thread++) {
        for (int i = 0; i < MAX_KEPT; i++) {
            free(kept_blocks[thread][i]);
            kept_blocks[thread][i] = NULL;
        }
    }
}

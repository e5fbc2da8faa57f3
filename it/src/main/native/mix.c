/* SPDX-License-Identifier: MIT */
/* A fixed mix of sizes from 16 bytes to 16 MiB, each block freed at once. */
#define _GNU_SOURCE
#include "blocks.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define MAX_THREADS 16
#define CLASSES 11
#define ROUNDS_PER_PAUSE 64

/* Every how many rounds a block of 16 << 2 * index bytes is asked for; SizeMix in Java says the same. */
static const int period[CLASSES] = {1, 1, 1, 4, 16, 64, 256, 1024, 4096, 16384, 65536};

static int rounds_of_each;

LAYER void *dwunwit_mixed(size_t size)
{
    return dwunwit_used(malloc(size));
}

static LAYER void *mixer(void *unused)
{
    for (int round = 0; round < rounds_of_each; round++) {
        if (round % ROUNDS_PER_PAUSE == 0) {
            usleep(1000); /* the samples must find room in the ring, however busy the machine */
        }
        for (int index = 0; index < CLASSES; index++) {
            if (round % period[index] == 0) {
                free(dwunwit_mixed((size_t) 16 << 2 * index));
            }
        }
    }
    return unused;
}

LAYER int dwunwit_mix(int threads, int rounds)
{
    if (threads < 1 || threads > MAX_THREADS) {
        return -1;
    }
    rounds_of_each = rounds;
    pthread_t ids[MAX_THREADS];
    for (int thread = 0; thread < threads; thread++) {
        if (pthread_create(&ids[thread], NULL, mixer, NULL) != 0) {
            return -1;
        }
    }
    for (int thread = 0; thread < threads; thread++) {
        pthread_join(ids[thread], NULL);
    }
    return 0;
}

/* SPDX-License-Identifier: MIT
 *
 * Nanoseconds of CPU time per malloc/free pair without and with the hooks, interleaved; prints medians. pairs
 * [interval] [pairs]
 */
#include "check.h"

#include <time.h>

#define ROUNDS 9

static double run(long pairs)
{
    struct timespec a, b;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
    for (long i = 0; i < pairs; i++) {
        void *volatile p = malloc(64);
        free(p);
    }
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
    return ((double) (b.tv_sec - a.tv_sec) * 1e9 + (double) (b.tv_nsec - a.tv_nsec)) / (double) pairs;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;
    return (x > y) - (x < y);
}

static void ignore(const struct dwunw_free *record, uint32_t length, void *context)
{
    (void) record;
    (void) length;
    (void) context;
}

int main(int argc, char **argv)
{
    uint64_t interval = argc > 1 ? strtoull(argv[1], NULL, 10) : 524288;
    long pairs = argc > 2 ? strtol(argv[2], NULL, 10) : 2000000;
    double off[ROUNDS], on[ROUNDS];
    CHECK(door_open(8 << 20, 65536, interval) == 0, "open");
    run(pairs);
    for (int i = 0; i < ROUNDS; i++) {
        off[i] = run(pairs);
        CHECK(door_attach(true) > 0, "no slot patched");
        on[i] = run(pairs);
        door_detach();
        door_drain(ignore, NULL);
    }
    struct door_counters c;
    door_counters(&c);
    qsort(off, ROUNDS, sizeof(double), compare);
    qsort(on, ROUNDS, sizeof(double), compare);
    printf("ns/pair off %.2f on %.2f added %.2f (min %.2f %.2f) sampled %lu lost %lu malloc calls %lu\n",
           off[ROUNDS / 2], on[ROUNDS / 2], on[ROUNDS / 2] - off[ROUNDS / 2], off[0], on[0], c.sampled, c.lost,
           c.calls[0]);
    return 0;
}

/* SPDX-License-Identifier: MIT
 *
 * More than 100,000 samples of sizes from 16 B to 16 MiB: the weights add up to the true bytes, for every size within
 * four standard deviations, and on the average of all sizes within 1 %; also while the interval changes all the time.
 * The seed is fixed, so the result is too.
 */
#include "check.h"

#include <math.h>
#include <sys/mman.h>

#define SIZES 21 /* 16 << 20 is 16 MiB */
#define SAMPLES_PER_SIZE 5200.0

static void *volatile sink;
static double weights[SIZES];
static uint64_t samples[SIZES];

static void add(const struct dwunw_free *record, uint32_t length, void *context)
{
    (void) length;
    (void) context;
    if (record->kind == DWUNW_KIND_ALLOCATION) {
        int index = 63 - __builtin_clzll(record->size) - 4;
        CHECK(record->size == 16ull << index, "size %lu", record->size);
        weights[index] += weight(record);
        samples[index]++;
    }
}

static void run(double interval)
{
    uint64_t total = 0;
    double ratios = 0;
    for (int i = 0; i < SIZES; i++) {
        weights[i] = 0;
        samples[i] = 0;
    }
    for (int i = 0; i < SIZES; i++) {
        double size = ldexp(16, i);
        double chance = -expm1(-size / interval);
        long calls = lround(SAMPLES_PER_SIZE / chance);
        for (long call = 0; call < calls; call++) {
            sink = malloc((size_t) size);
            free(sink);
            if (call % 1000 == 0) {
                door_drain(add, NULL);
            }
        }
        door_drain(add, NULL);
        double ratio = weights[i] / (size * (double) calls);
        double deviation = sqrt((1 - chance) / SAMPLES_PER_SIZE);
        CHECK(fabs(ratio - 1) <= 4 * deviation + 1e-9, "interval %.0f, size %.0f: %lu samples, ratio %f, deviation %f",
              interval, size, samples[i], ratio, deviation);
        ratios += ratio;
        total += samples[i];
    }
    CHECK(total >= 100000, "%lu samples", total);
    CHECK(fabs(ratios / SIZES - 1) < 0.01, "mean ratio %f", ratios / SIZES);
    printf("interval %.0f: %lu samples, mean ratio %f\n", interval, total, ratios / SIZES);
}

static double sum;

static void add_mapping(const struct dwunw_free *record, uint32_t length, void *context)
{
    (void) length;
    (void) context;
    sum += record->kind == DWUNW_KIND_ALLOCATION && record->allocator == DWUNW_MMAP ? weight(record) : 0;
}

/* Each call is decided by one countdown, not by one after the other, when the interval has just changed. Mappings,
 * because a call that goes the slow way anyhow may meet a countdown that has not run out. */
static void changing(void)
{
    long calls = 60000;
    double size = 4096;
    double variance = 0;
    for (long call = 0; call < calls; call++) {
        double interval = call % 2 == 0 ? 8192 : 16384;
        variance += size * size * exp(-size / interval) / -expm1(-size / interval);
        void *p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        munmap(p, 4096);
        door_interval_unnoticed(call % 2 == 0 ? 16384 : 8192);
        if (call % 1000 == 0) {
            door_drain(add_mapping, NULL);
        }
    }
    door_drain(add_mapping, NULL);
    double error = sqrt(variance) / (size * (double) calls);
    double ratio = sum / (size * (double) calls);
    CHECK(fabs(ratio - 1) <= 4 * error, "ratio %f, standard error %f", ratio, error);
    printf("changing intervals: ratio %f, standard error %f\n", ratio, error);
}

int main(void)
{
    CHECK(door_open(16 << 20, 256, 4096) == 0, "open");
    CHECK(door_attach(true) > 0, "attach");
    sink = malloc(16);
    door_seed(20260101);
    door_interval(4096); /* draws anew */
    run(4096);
    door_interval(65536);
    run(65536);
    door_interval(8192);
    changing();
    struct door_counters c;
    door_counters(&c);
    CHECK(c.lost == 0 && c.untracked == 0, "lost %lu", c.lost);
    return 0;
}

/* SPDX-License-Identifier: MIT
 *
 * What the hooks' native checks share: the hooks' controls and a reader of its ring, exported by the library under
 * test (door.c), and CHECK. A check program prints what failed and exits with 1.
 */
#ifndef DWUNW_HOOKS_CHECK_H
#define DWUNW_HOOKS_CHECK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "hooks_layout.h"
#include "sample.h"

#define CHECK(condition, ...) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: %s: ", __FILE__, __LINE__, #condition); \
            fprintf(stderr, __VA_ARGS__); \
            fprintf(stderr, "\n"); \
            _Exit(1); \
        } \
    } while (0)

struct door_counters {
    uint64_t calls[HOOKS_COUNTERS], bytes[HOOKS_COUNTERS];
    uint64_t sampled, freed, bare, lost, lost_frees, cut, untracked, unpatched;
};

int door_open(uint64_t ring_bytes, uint32_t stack_bytes, uint64_t interval);
int door_attach(bool capture);
int door_detach(void);
int door_watch(bool on);
int door_verify(void);
void door_interval(uint64_t interval);
/* Sets the interval, but announces it to no thread, as to one that makes its next call before the announcement. */
void door_interval_unnoticed(uint64_t interval);
/* Makes the calling thread's draws repeatable. */
void door_seed(uint64_t seed);
int door_exclude(uint32_t tid);
int door_java_thread(uint32_t tid, uint64_t java_thread);
void door_anchor_offsets(uint32_t sp, uint32_t pc, uint32_t fp);
/* The block of the calling thread. */
const void *door_thread(void);
/* Gives back the blocks of dead threads. */
void door_collect(void);
/* From now on a system call whose second argument is `second` fails; any second argument if that is 0. */
void door_refuse(unsigned number, uint32_t second, unsigned error);
void door_counters(struct door_counters *to);
bool door_heap_in_use(uint64_t *bytes);
bool door_is_stub(uintptr_t address);
/* Hands every committed record to `handler`; their number. */
typedef void door_handler(const struct dwunw_free *record, uint32_t length, void *context);
unsigned door_drain(door_handler *handler, void *context);

/* What a sample stands for. */
double weight(const struct dwunw_free *record);

#endif

/* SPDX-License-Identifier: MIT
 *
 * What libc's allocator has in use, as it counts itself: more than what was seen tells of allocations that went by.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <malloc.h>

#include "hooks.h"

/* Of glibc 2.33; declared here for older headers. */
struct numbers {
    size_t arena, ordblks, smblks, hblks, hblkhd, usmblks, fsmblks, uordblks, fordblks, keepcost;
};

typedef struct numbers look(void);
typedef struct mallinfo look_short(void);

static look *long_numbers;
static look_short *short_numbers;
static uint64_t summed; /* of differences between readings of 32 bits each */
static uint32_t last;

void hooks_heap_open(void)
{
    long_numbers = (look *) dlsym(RTLD_DEFAULT, "mallinfo2");
    short_numbers = (look_short *) dlsym(RTLD_DEFAULT, "mallinfo");
}

/* Before glibc 2.33 the numbers have 32 bits. Between two looks less than 2 GiB are taken or given back, or else this
 * does not notice so much. */
static uint64_t sum_differences(uint32_t now)
{
    summed += (uint64_t) (int64_t) (int32_t) (now - last);
    last = now;
    return summed;
}

/* Takes the locks of the allocator's arenas one after the other, and walks their lists of free blocks under them. */
bool hooks_heap_in_use(uint64_t *bytes)
{
    if (!hooks_slots_only_libc_allocates()) {
        return false;
    }
    if (long_numbers != NULL) {
        struct numbers numbers = long_numbers();
        *bytes = numbers.uordblks + numbers.hblkhd;
        return true;
    }
    if (short_numbers != NULL) {
        struct mallinfo numbers = short_numbers();
        *bytes = sum_differences((uint32_t) numbers.uordblks + (uint32_t) numbers.hblkhd);
        return true;
    }
    return false;
}

/* SPDX-License-Identifier: MIT */
/* What a malloc-heavy native method does: many small blocks of mixed sizes, and all of them freed again. */
#define _GNU_SOURCE
#include "blocks.h"

#include <stdlib.h>

#define MAX_BURST 64
#define SMALLEST 16
#define SIZES 6

long dwunwit_burst(int count)
{
    void *blocks[MAX_BURST];
    long bytes = 0;
    if (count < 0 || count > MAX_BURST) {
        return 0;
    }
    for (int i = 0; i < count; i++) {
        size_t size = (size_t) SMALLEST << (i % SIZES);
        blocks[i] = dwunwit_used(malloc(size));
        bytes += (long) size;
    }
    for (int i = 0; i < count; i++) {
        if (blocks[i] == NULL) {
            bytes = 0;
        }
        free(blocks[i]);
    }
    return bytes;
}

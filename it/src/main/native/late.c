/* SPDX-License-Identifier: MIT */
/* A library of its own, opened with dlopen long after the start. */
#include "blocks.h"

#include <stdlib.h>

static LAYER void *late_inner(size_t size)
{
    return dwunwit_used(malloc(size));
}

LAYER void dwunwlate_pair(size_t size)
{
    free(late_inner(size));
}

LAYER void dwunwlate_outer(size_t size, int count)
{
    for (int i = 0; i < count; i++) {
        dwunwit_used(late_inner(size));
    }
}

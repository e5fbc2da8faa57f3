/* SPDX-License-Identifier: MIT
 *
 * A library with nothing but slots for malloc and free, built to be bound lazily and at once.
 */
#include <stdlib.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT void *deep_malloc(size_t size)
{
    return malloc(size);
}

EXPORT void deep_free(void *p)
{
    free(p);
}

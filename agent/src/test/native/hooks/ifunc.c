/* SPDX-License-Identifier: MIT
 *
 * An allocator to be preloaded of which malloc is an indirect function: what is exported chooses, when it is bound,
 * what is called.
 */
#include <stddef.h>

#define EXPORT __attribute__((visibility("default")))

void *__libc_malloc(size_t size);
void __libc_free(void *block);

EXPORT unsigned long ifunc_calls;

static void *chosen_malloc(size_t size)
{
    __atomic_fetch_add(&ifunc_calls, 1, __ATOMIC_RELAXED);
    return __libc_malloc(size);
}

static void *(*choose_malloc(void))(size_t)
{
    return chosen_malloc;
}

EXPORT void *malloc(size_t size) __attribute__((ifunc("choose_malloc")));

EXPORT void free(void *p)
{
    __libc_free(p);
}

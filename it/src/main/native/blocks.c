/* SPDX-License-Identifier: MIT */
/* Three layers of C, and one function for every member of the allocator family. */
#define _GNU_SOURCE
#include "blocks.h"

#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>

#define PAGE 4096

LAYER void *dwunwit_by_malloc(size_t size)
{
    return dwunwit_used(malloc(size));
}

LAYER void *dwunwit_by_calloc(size_t size)
{
    return dwunwit_used(calloc(3, size / 3));
}

LAYER void *dwunwit_by_realloc(size_t size)
{
    void *seed = dwunwit_used(malloc(REALLOC_SEED));
    return dwunwit_used(realloc(seed, size));
}

LAYER void *dwunwit_by_reallocarray(size_t size)
{
    void *seed = dwunwit_used(malloc(REALLOC_SEED));
    return dwunwit_used(reallocarray(seed, 3, size / 3));
}

LAYER void *dwunwit_by_posix_memalign(size_t size)
{
    void *block = NULL;
    if (posix_memalign(&block, 64, size) != 0) {
        return NULL;
    }
    return dwunwit_used(block);
}

LAYER void *dwunwit_by_aligned_alloc(size_t size)
{
    return dwunwit_used(aligned_alloc(64, size));
}

LAYER void *dwunwit_by_memalign(size_t size)
{
    return dwunwit_used(memalign(128, size));
}

LAYER void *dwunwit_by_valloc(size_t size)
{
    return dwunwit_used(valloc(size));
}

LAYER void *dwunwit_by_pvalloc(size_t size)
{
    return dwunwit_used(pvalloc(size));
}

LAYER void *dwunwit_by_mmap(size_t size)
{
    void *block = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return block == MAP_FAILED ? NULL : dwunwit_used(block);
}

static void *(*const members[FAMILIES])(size_t) = {
    [BY_MALLOC] = dwunwit_by_malloc,
    [BY_CALLOC] = dwunwit_by_calloc,
    [BY_REALLOC] = dwunwit_by_realloc,
    [BY_REALLOCARRAY] = dwunwit_by_reallocarray,
    [BY_POSIX_MEMALIGN] = dwunwit_by_posix_memalign,
    [BY_ALIGNED_ALLOC] = dwunwit_by_aligned_alloc,
    [BY_MEMALIGN] = dwunwit_by_memalign,
    [BY_VALLOC] = dwunwit_by_valloc,
    [BY_PVALLOC] = dwunwit_by_pvalloc,
    [BY_MMAP] = dwunwit_by_mmap,
};

LAYER void *dwunwit_allocate(enum dwunwit_family family, size_t size)
{
    return dwunwit_used(members[family](size));
}

LAYER void dwunwit_release(enum dwunwit_family family, void *block, size_t size)
{
    if (family == BY_MMAP) {
        munmap(block, (size + PAGE - 1) / PAGE * PAGE);
    } else {
        free(block);
    }
}

/* Static: this name is in .symtab alone. The array keeps a frame that no frame pointer would find. */
static LAYER void *c_leaf(size_t size)
{
    volatile char frame[200];
    frame[size % sizeof frame] = 1;
    void *block = dwunwit_used(malloc(size));
    return frame[size % sizeof frame] == 1 ? block : NULL;
}

LAYER void *dwunwit_c_middle(size_t size)
{
    return dwunwit_used(c_leaf(size));
}

/* The barrier keeps the call from being a jump. */
LAYER void dwunwit_call(void (*callback)(size_t, int), size_t size, int count)
{
    callback(size, count);
    __asm__ volatile("" : : : "memory");
}

LAYER void dwunwit_c_layers(size_t size, int count)
{
    for (int i = 0; i < count; i++) {
        dwunwit_used(dwunwit_c_middle(size));
    }
}

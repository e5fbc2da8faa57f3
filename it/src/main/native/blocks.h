/* SPDX-License-Identifier: MIT */
/* What the parts of the test library share: one function per member of the allocator family. */
#ifndef DWUNWIT_BLOCKS_H
#define DWUNWIT_BLOCKS_H

#include <stddef.h>

/* noipa: neither inlined, nor cloned, nor given a private calling convention, so that the function is a frame by this
 * name. */
#define LAYER __attribute__((noipa))

#ifdef __cplusplus
extern "C" {
#endif

/* Numbered as in io.dwunw.it.program.Family. */
enum dwunwit_family {
    BY_MALLOC,
    BY_CALLOC,
    BY_REALLOC,
    BY_REALLOCARRAY,
    BY_POSIX_MEMALIGN,
    BY_ALIGNED_ALLOC,
    BY_MEMALIGN,
    BY_VALLOC,
    BY_PVALLOC,
    BY_MMAP,
    FAMILIES
};

/* Bytes of the small block that dwunwit_by_realloc lets grow. */
#define REALLOC_SEED 24

/* A block of exactly `size` bytes; size must be a multiple of 3 for calloc and reallocarray, of the page for mmap. */
void *dwunwit_allocate(enum dwunwit_family family, size_t size);
void dwunwit_release(enum dwunwit_family family, void *block, size_t size);

/* Makes the compiler believe that the block is used, so that no allocation is optimised away. */
static inline void *dwunwit_used(void *block)
{
    __asm__ volatile("" : "+r"(block) : : "memory");
    return block;
}

void dwunwit_c_layers(size_t size, int count);
void dwunwit_cpp_layers(size_t size, int count);
void dwunwit_call(void (*callback)(size_t, int), size_t size, int count);

/* `count` blocks (at most 64) of 16, 32 ... 512 bytes in turn, then all freed. The bytes asked for; 0 if one could not
 * be had. */
long dwunwit_burst(int count);

/* `threads` threads allocate `rounds` blocks of every family each, then release one another's, all but those of the
 * first `kept` rounds. */
int dwunwit_workers(int threads, int rounds, int kept, int pause_micros);

/* In `threads` threads: `rounds` rounds of a mix of sizes, see mix.c. */
int dwunwit_mix(int threads, int rounds);

/* See churn.c. */
int dwunwit_churn_start(const char *copies, int count);
int dwunwit_churn_stop(void);
int dwunwit_churn_counted(int threads, int rounds, int kept, size_t size);
void dwunwit_churn_release(void);

/* Whether something sits on malloc now: its first bytes, or this library's import slot, differ from what the linker
 * left. */
int dwunwit_traced(void);

/* Whether a probe sits on dwunwit_allocate. */
int dwunwit_probed(void);

#ifdef __cplusplus
}
#endif
#endif

/* SPDX-License-Identifier: MIT
 *
 * Poisson sampling by bytes without floating point and without state: a block of `size` bytes is sampled with
 * probability 1 - exp(-size / interval), each block independently, which is what a Poisson process over the byte
 * stream does. No countdown is kept, so nothing can be lost to preemption or migration between CPUs.
 *
 * Fixed point: Q32 is a fraction of 2^32. Errors stay below 2^-29 of the probability.
 */
#ifndef DWUNW_POISSON_H
#define DWUNW_POISSON_H

#include "kernel.h"

#define ONE_Q32 (1ull << 32)
#define TAYLOR_TERMS 13
/* exp(-23) is below 2^-32: such a block is as good as certain. */
#define CERTAIN 23

/* exp(-n) in Q32; the first is 1, less the 2^-32 that does not fit. */
static const u32 EXP_OF_MINUS[CERTAIN] = {
    0xffffffff, 0x5e2d58d9, 0x22a55547, 0x0cbed866, 0x04b0556e, 0x01b993fe, 0x00a27290, 0x003bc2d7,
    0x0015fc21, 0x00081679, 0x0002f9af, 0x00011835, 0x00006715, 0x000025ec, 0x00000df3, 0x00000522,
    0x000001e3, 0x000000b2, 0x00000041, 0x00000018, 0x00000009, 0x00000003, 0x00000001,
};

/* (1 - exp(-x)) / x for x in [0, 1) as Q32: 1 - x/2 (1 - x/3 (1 - x/4 (...))). */
INLINE u64 accepted_q32(u64 x)
{
    u64 term = ONE_Q32;
#pragma unroll
    for (u32 k = TAYLOR_TERMS; k >= 2; k--) {
        term = ONE_Q32 - ((x * term) >> 32) / k;
    }
    return term;
}

/* Size below interval. First a draw with probability x = size / interval, which is nearly always the end of it and
 * costs one multiplication; then one with the rest of the factor, (1 - exp(-x)) / x. */
INLINE int small_block_sampled(u64 size, u64 interval)
{
    u64 high = random_u32();
    u64 threshold = size << 32;
    if (LIKELY(high * interval >= threshold)) {
        return 0;
    }
    u64 low = random_u32();
    if (high * interval + ((low * interval) >> 32) >= threshold) {
        return 0;
    }
    return random_u32() < accepted_q32(threshold / interval);
}

INLINE int large_block_sampled(u64 size, u64 interval)
{
    u64 whole = size / interval;
    if (whole >= CERTAIN) {
        return 1;
    }
    u64 fraction = ((size % interval) << 32) / interval;
    u64 exp_of_fraction = ONE_Q32 - ((fraction * accepted_q32(fraction)) >> 32);
    u64 exp_of_whole = EXP_OF_MINUS[whole];
    return random_u32() >= (exp_of_fraction * exp_of_whole) >> 32;
}

/* interval is below 2^32; 0 and 1 mean every block, even one of no bytes. */
INLINE int block_sampled(u64 size, u64 interval)
{
    if (interval <= 1) {
        return 1;
    }
    return LIKELY(size < interval) ? small_block_sampled(size, interval) : large_block_sampled(size, interval);
}

#endif

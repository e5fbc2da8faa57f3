/* SPDX-License-Identifier: MIT
 *
 * Wakes the reader of the samples: it sleeps on a futex, and says at how many records more it wants to be woken up.
 * While it is awake a record costs one load of a word that no thread writes to.
 *
 *   reader                                producer
 *   left = n, asleep = 1                  writes a record
 *   is there a record already?            asleep?  left - 1 = 0?
 *   no: futex_wait(asleep == 1)           asleep = 0, futex_wake
 *
 * Each side writes before it reads, so that one of them sees the other.
 */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <sys/syscall.h>

#include "hooks.h"

static struct {
    int32_t asleep;
    int32_t left;
} bell;

uint64_t hooks_bell_address(void)
{
    return (uintptr_t) &bell;
}

void hooks_bell_record(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (__atomic_load_n(&bell.asleep, __ATOMIC_SEQ_CST) == 0) {
        return;
    }
    if (__atomic_sub_fetch(&bell.left, 1, __ATOMIC_SEQ_CST) <= 0
        && __atomic_exchange_n(&bell.asleep, 0, __ATOMIC_SEQ_CST) != 0) {
        hooks_syscall(SYS_futex, (uintptr_t) &bell.asleep, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0);
    }
}

/* SPDX-License-Identifier: MIT
 *
 * Allocators of the user's own: pairs of functions that hand out blocks and take them back. Knows nothing of what they
 * do inside; blocks that they get from libc are libc's as well.
 */
#ifndef DWUNW_CUSTOM_PROGRAM_H
#define DWUNW_CUSTOM_PROGRAM_H

#include "poisson.h"
#include "record.h"

/* More is no size, but a pointer that was taken for one. */
#define MOST_BYTES (1ull << 46)

/* Integer arguments, from 1 (System V ABI, x86-64, 3.2.3); 0 for those on the stack. */
INLINE u64 argument(const struct registers *regs, u32 number)
{
    u64 values[6] = {regs->rdi, regs->rsi, regs->rdx, regs->rcx, regs->r8, regs->r9};
    u64 value = 0;
#pragma unroll
    for (u32 i = 0; i < 6; i++) {
        PINNED(values[i]);
        if (number == i + 1) {
            value = values[i];
        }
    }
    return value;
}

INLINE int is_excluded(u32 tid)
{
    const struct call *call = map_lookup(&calls, &tid);
    return call != 0 && call->flags & CALL_EXCLUDED;
}

INLINE void custom_free(const struct registers *regs, struct counters *counters, u32 tid, u32 pair, u32 first)
{
    struct call call = {.allocator = DWUNW_CUSTOM + pair, .interval = settings.interval};
    u64 address = argument(regs, first);
    u64 key = live_key(call.allocator, address);
    if (address != 0 && map_delete(&live, &key) == 0) {
        call.freed_address = address;
        call.freed_allocator = call.allocator;
        emit_free(counters, &call, tid, DWUNW_KIND_FREE);
    }
}

/* Counts the call of a block of `size` bytes; whether it is a sample. */
INLINE int custom_sampled(struct counters *counters, u64 size, u64 interval)
{
    if (size > MOST_BYTES) {
        add(&counters->odd_sizes, 1);
        return 0;
    }
    add(&counters->calls[DWUNW_CUSTOM], 1);
    add(&counters->bytes[DWUNW_CUSTOM], size);
    return block_sampled(size, interval);
}

/* Whether the call's return matters. */
INLINE int custom_allocation(const struct registers *regs, struct counters *counters, const struct custom_key *key,
                             const struct custom_function *function)
{
    struct custom_call call = {.size = function->constant, .interval = settings.interval};
    int overflow = 0;
    if (function->first != 0) {
        call.size = argument(regs, function->first);
    }
    if (function->second != 0) {
        call.size = product(call.size, argument(regs, function->second), &overflow);
    }
    if (function->first != CUSTOM_RETURNED && !custom_sampled(counters, overflow ? ~0ull : call.size, call.interval)) {
        return 0;
    }
    call.result_at = argument(regs, function->out);
    if (map_update(&custom_calls, key, &call, BPF_ANY) != 0) {
        add(&counters->untracked, 1);
        return 0;
    }
    return 1;
}

INLINE int enter_custom(const struct registers *regs, u32 number, u32 tag)
{
    struct pid_namespace_ids ids = {};
    u32 zero = 0;
    struct counters *counters = map_lookup(&counted, &zero);
    const struct custom_function *function = map_lookup(&custom, &number);
    if (counters == 0 || function == 0 || !identify(&ids)) {
        return 0;
    }
    if (number & CUSTOM_FREES) {
        custom_free(regs, counters, ids.pid, number / 2, function->first);
        return 0;
    }
    struct custom_key key = {.sp = regs->rsp, .tid = ids.pid, .function = tag};
    return !is_excluded(ids.pid) && custom_allocation(regs, counters, &key, function);
}

/* Without sessions all returns are seen: this call's must not find one that an exception ended at the same place. */
INLINE void forget_custom(const struct registers *regs, u32 tag)
{
    struct pid_namespace_ids ids = {};
    if (identify(&ids)) {
        struct custom_key key = {.sp = regs->rsp, .tid = ids.pid, .function = tag};
        map_delete(&custom_calls, &key);
    }
}

INLINE void leave_custom(const struct registers *regs, u32 number, u32 tag)
{
    struct pid_namespace_ids ids = {};
    u32 zero = 0;
    struct counters *counters = map_lookup(&counted, &zero);
    const struct custom_function *function = map_lookup(&custom, &number);
    if (counters == 0 || function == 0 || !identify(&ids)) {
        return;
    }
    struct custom_key key = {.sp = regs->rsp - sizeof(u64), .tid = ids.pid, .function = tag};
    const struct custom_call *found = map_lookup(&custom_calls, &key);
    if (found == 0) {
        return;
    }
    struct call call = {.size = found->size, .interval = found->interval, .allocator = DWUNW_CUSTOM + number / 2};
    u64 address = regs->rax;
    int sampled = 1;
    u32 error = address;
    if (function->first == CUSTOM_RETURNED) {
        call.size = address;
        error = (s64) call.size <= 0;
        sampled = !error && custom_sampled(counters, call.size, call.interval);
    }
    if (function->out != 0) {
        u64 at = found->result_at;
        address = 0;
        if (error == 0) {
            read_user(&address, sizeof(address), (const void *) at);
        }
    }
    map_delete(&custom_calls, &key);
    call.drawn = call.size;
    if (address != 0 && sampled) {
        emit_allocation(regs, counters, &call, ids.pid, address);
    }
}

#endif

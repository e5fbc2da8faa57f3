/* SPDX-License-Identifier: MIT
 *
 * The program for the probe points of the in-process hooks (hooks_entry.S): rdi points to a record that is complete but
 * for what the kernel can add more cheaply, rsi says how long it is with its stack. Both probe points have this
 * program; a record's length tells what it is.
 */
#ifndef DWUNW_HOOKS_PROGRAM_H
#define DWUNW_HOOKS_PROGRAM_H

#include "record.h"

/* The hooks have looked before, but not every way to attach a probe keeps to one process. */
INLINE int is_ours(const struct dwunw_free *head)
{
    return head->pid == config.pid;
}

/* `length` is a constant to the verifier. */
INLINE void forward_short(const struct registers *regs, struct counters *counters, u32 length)
{
    struct dwunw_free *record = ring_reserve(&ring, length, 0);
    if (record == 0) {
        add(&counters->lost_frees, 1);
        return;
    }
    /* The record was written a moment ago, but its page may be on the move: into a huge page, say. */
    if (read_user(record, length, (const void *) regs->rdi) != 0) {
        add(&counters->lost_frees, 1);
        ring_discard(record, BPF_RB_NO_WAKEUP);
        return;
    }
    if (!is_ours(record)) {
        ring_discard(record, BPF_RB_NO_WAKEUP);
        return;
    }
    if (record->kind != DWUNW_KIND_MOVE) {
        add(record->kind == DWUNW_KIND_FREE ? &counters->frees : &counters->unfrees, 1);
    }
    ring_submit(record, BPF_RB_NO_WAKEUP);
}

INLINE void forward_bare(const struct registers *regs, struct counters *counters)
{
    const struct dwunw_allocation *header = (const void *) regs->rdi;
    struct dwunw_bare *record = 0;
    if (has_room(DWUNW_BARE_BYTES, SHARE_OF_ALLOCATIONS)) {
        record = ring_reserve(&ring, DWUNW_BARE_BYTES, 0);
    }
    if (record == 0) {
        add(&counters->lost_allocations, 1);
        return;
    }
    if (read_user(&record->head, sizeof(record->head), &header->head) != 0
        || read_user(&record->drawn, sizeof(record->drawn), &header->drawn) != 0) {
        add(&counters->lost_allocations, 1);
        ring_discard(record, BPF_RB_NO_WAKEUP);
        return;
    }
    if (!is_ours(&record->head)) {
        ring_discard(record, BPF_RB_NO_WAKEUP);
        return;
    }
    record->head.kind = DWUNW_KIND_BARE;
    record->head.flags &= DWUNW_FLAG_GROWN;
    ring_submit(record, BPF_RB_NO_WAKEUP);
    add(&counters->sampled, 1);
    add(&counters->without_stack, 1);
}

/* Whether there was room. Capacity must be a constant to the verifier, hence one copy of this for each class. */
INLINE int forward_in_class(const struct registers *regs, struct counters *counters, u64 need, u32 capacity)
{
    struct dwunw_allocation *record = 0;
    if (has_room(DWUNW_ALLOCATION_HEADER_BYTES + capacity, SHARE_OF_STACKS)) {
        record = ring_reserve(&ring, DWUNW_ALLOCATION_HEADER_BYTES + capacity, 0);
    }
    if (record == 0) {
        return 0;
    }
    if (read_user(record, DWUNW_ALLOCATION_HEADER_BYTES, (const void *) regs->rdi) != 0) {
        add(&counters->lost_allocations, 1);
        ring_discard(record, BPF_RB_NO_WAKEUP);
        return 1;
    }
    if (!is_ours(&record->head)) {
        ring_discard(record, BPF_RB_NO_WAKEUP);
        return 1;
    }
    u64 sp = record->stack_base;
    record->stack_capacity = capacity;
    current_comm(record->comm, sizeof(record->comm));
    fill_anchor(record, record->anchor_thread);
    if (!copy_exactly(record, sp, need, capacity)) {
        record->head.flags &= ~DWUNW_FLAG_STACK_CUT;
        copy_pages(record, sp, (u64) -1, capacity);
    }
    if (record->head.flags & DWUNW_FLAG_STACK_CUT) {
        add(&counters->cut, 1);
    }
    if (record->head.flags & DWUNW_FLAG_STACK_FAULT) {
        add(&counters->faulted, 1);
    }
    add(&counters->sampled, 1);
    ring_submit(record, BPF_RB_NO_WAKEUP);
    return 1;
}

INLINE void forward_allocation(const struct registers *regs, struct counters *counters, u64 need)
{
    int forwarded;
    if (need <= config.class_bytes[0]) {
        forwarded = forward_in_class(regs, counters, need, config.class_bytes[0]);
    } else if (need <= config.class_bytes[1]) {
        forwarded = forward_in_class(regs, counters, need, config.class_bytes[1]);
    } else if (need <= config.class_bytes[2]) {
        forwarded = forward_in_class(regs, counters, need, config.class_bytes[2]);
    } else if (need <= config.class_bytes[3]) {
        forwarded = forward_in_class(regs, counters, need, config.class_bytes[3]);
    } else {
        forwarded = forward_in_class(regs, counters, need, config.class_bytes[4]);
    }
    if (!forwarded) {
        forward_bare(regs, counters);
    }
}

INLINE int at_hooks(const struct registers *regs)
{
    u32 zero = 0;
    struct counters *counters = map_lookup(&counted, &zero);
    if (counters == 0) {
        return 0;
    }
    add(&counters->hook_hits, 1);
    u64 length = regs->rsi;
    if (length == DWUNW_FREE_BYTES) {
        forward_short(regs, counters, DWUNW_FREE_BYTES);
    } else if (length == DWUNW_MOVE_BYTES) {
        forward_short(regs, counters, DWUNW_MOVE_BYTES);
    } else if (length >= DWUNW_ALLOCATION_HEADER_BYTES) {
        forward_allocation(regs, counters, length - DWUNW_ALLOCATION_HEADER_BYTES);
    }
    return 0;
}

#endif

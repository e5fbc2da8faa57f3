/* SPDX-License-Identifier: MIT
 *
 * Filling records and submitting them. No thread is woken up: a wake-up costs ten times the rest, the consumer polls.
 */
#ifndef DWUNW_RECORD_H
#define DWUNW_RECORD_H

#include "state.h"

/* Shares of the ring, in eighths: stacks leave room for allocations without one, whose loss would cost sums, and these
 * for frees, whose loss would look like a leak. */
enum { SHARE_OF_STACKS = 6, SHARE_OF_ALLOCATIONS = 7 };

INLINE int has_room(u64 bytes, u32 share)
{
    return ring_query(&ring, BPF_RB_AVAIL_DATA) + bytes <= (u64) config.ring_bytes / 8 * share;
}

INLINE void emit_free(struct counters *counters, const struct call *call, u32 tid, u32 kind)
{
    struct dwunw_free *record = ring_reserve(&ring, DWUNW_FREE_BYTES, 0);
    if (record == 0) {
        add(&counters->lost_frees, 1);
        return;
    }
    record->kind = kind;
    record->allocator = call->freed_allocator;
    record->flags = kind == DWUNW_KIND_FREE && call->flags & CALL_LEAVING ? DWUNW_FLAG_MOVES : 0;
    record->time_ns = monotonic_nanos();
    record->address = call->freed_address;
    record->size = call->freed_size;
    record->interval = call->interval;
    record->tid = tid;
    record->pid = config.pid;
    ring_submit(record, BPF_RB_NO_WAKEUP);
    add(kind == DWUNW_KIND_FREE ? &counters->frees : &counters->unfrees, 1);
}

/* Where what was reported as leaving is now; 0 if the ring is full. */
INLINE int emit_move(struct counters *counters, const struct call *call, u32 tid, u64 address)
{
    struct dwunw_move *record = ring_reserve(&ring, DWUNW_MOVE_BYTES, 0);
    if (record == 0) {
        add(&counters->lost_allocations, 1);
        return 0;
    }
    record->head.kind = DWUNW_KIND_MOVE;
    record->head.allocator = call->allocator;
    record->head.flags = 0;
    record->head.time_ns = monotonic_nanos();
    record->head.address = address;
    record->head.size = call->size;
    record->head.interval = call->interval;
    record->head.tid = tid;
    record->head.pid = config.pid;
    record->old_address = call->freed_address;
    record->kept = call->size - call->drawn;
    ring_submit(record, BPF_RB_NO_WAKEUP);
    return 1;
}

INLINE void fill_registers(struct dwunw_allocation *record, const struct registers *regs)
{
    record->registers[0] = regs->rax;
    record->registers[1] = regs->rdx;
    record->registers[2] = regs->rcx;
    record->registers[3] = regs->rbx;
    record->registers[4] = regs->rsi;
    record->registers[5] = regs->rdi;
    record->registers[6] = regs->rbp;
    record->registers[7] = regs->rsp;
    record->registers[8] = regs->r8;
    record->registers[9] = regs->r9;
    record->registers[10] = regs->r10;
    record->registers[11] = regs->r11;
    record->registers[12] = regs->r12;
    record->registers[13] = regs->r13;
    record->registers[14] = regs->r14;
    record->registers[15] = regs->r15;
    record->registers[16] = regs->rip;
    record->return_address = regs->rip;
}

INLINE void fill_anchor(struct dwunw_allocation *record, u64 thread)
{
    record->anchor_thread = thread;
    record->anchor_sp = 0;
    record->anchor_pc = 0;
    record->anchor_fp = 0;
    if (thread == 0 || settings.anchor_sp_offset == 0) {
        return;
    }
    long failed = read_user(&record->anchor_sp, sizeof(u64), (const void *) (thread + settings.anchor_sp_offset));
    failed |= read_user(&record->anchor_pc, sizeof(u64), (const void *) (thread + settings.anchor_pc_offset));
    failed |= read_user(&record->anchor_fp, sizeof(u64), (const void *) (thread + settings.anchor_fp_offset));
    if (failed == 0) {
        record->head.flags |= DWUNW_FLAG_ANCHOR;
    }
}

/* Where the stack of this thread ends. */
struct stack_end {
    u64 high; /* 0 = not known */
    u32 guessed;
    u32 reserved;
};

/* The first page above sp that cannot be read, which is where the stack ends or before: enough to choose a record's
 * size by, until user space has looked the thread up. */
INLINE u64 first_unreadable(u64 sp)
{
    u64 base = sp & ~(PAGE - 1);
    u64 word;
    for (u32 i = 1; i < DWUNW_MAX_STACK_PAGES; i++) {
        if (i * PAGE >= config.class_bytes[SIZE_CLASSES - 1]) {
            break;
        }
        if (read_user(&word, sizeof(word), (const void *) (base + i * PAGE)) != 0) {
            return base + i * PAGE;
        }
    }
    return 0;
}

INLINE struct stack_end end_of_stack(struct counters *counters, u32 tid, u64 thread, u64 sp)
{
    struct stack_end end = {};
    if (thread != 0 && settings.stack_base_offset != 0
        && read_user(&end.high, sizeof(end.high), (const void *) (thread + settings.stack_base_offset)) == 0
        && end.high > sp && end.high - sp < MAX_STACK_SPAN) {
        return end;
    }
    const struct stack_bounds *bounds = map_lookup(&stacks, &tid);
    if (bounds != 0 && sp >= bounds->low && sp < bounds->high) {
        end.high = bounds->high;
        return end;
    }
    add(&counters->unbounded, 1);
    end.high = first_unreadable(sp);
    end.guessed = 1;
    return end;
}

/* Page by page from sp's own page on: each size and offset is a constant for the verifier, and an unreadable page
 * costs only what lies above it. `high` is the stack's end, all ones if not known. */
INLINE void copy_pages(struct dwunw_allocation *record, u64 sp, u64 high, u32 capacity)
{
    u64 base = sp & ~(PAGE - 1);
    u32 copied = 0;
    record->stack_base = base;
    for (u32 i = 0; i < DWUNW_MAX_STACK_PAGES; i++) {
        if ((i + 1) * PAGE > capacity) {
            record->head.flags |= DWUNW_FLAG_STACK_CUT;
            break;
        }
        if (base + i * PAGE >= high) {
            break;
        }
        if (read_user(record->stack + i * PAGE, PAGE, (const void *) (base + i * PAGE)) != 0) {
            record->head.flags |= DWUNW_FLAG_STACK_FAULT;
            break;
        }
        copied = (i + 1) * PAGE;
    }
    record->stack_length = copied;
}

/* In one go where the end is known: nothing below sp is copied, and nothing beyond the end. */
INLINE int copy_exactly(struct dwunw_allocation *record, u64 sp, u64 need, u32 capacity)
{
    u64 length = need;
    if (length > capacity) {
        length = capacity;
        record->head.flags |= DWUNW_FLAG_STACK_CUT;
    }
    if (read_user(record->stack, length, (const void *) sp) != 0) {
        return 0;
    }
    record->stack_base = sp;
    record->stack_length = length;
    return 1;
}

INLINE void fill_stack(struct dwunw_allocation *record, u64 sp, u64 high, u32 capacity)
{
    record->stack_capacity = capacity;
    if (high == 0) {
        copy_pages(record, sp, (u64) -1, capacity);
        return;
    }
    if (!copy_exactly(record, sp, high - sp, capacity)) {
        record->head.flags &= ~DWUNW_FLAG_STACK_CUT;
        copy_pages(record, sp, high, capacity);
    }
}

/* What keeps sums right where there is no room for the stack. */
INLINE void emit_bare(struct counters *counters, const struct call *call, u32 tid, u64 address, u64 key)
{
    struct dwunw_bare *record = 0;
    if (has_room(DWUNW_BARE_BYTES, SHARE_OF_ALLOCATIONS)) {
        record = ring_reserve(&ring, DWUNW_BARE_BYTES, 0);
    }
    if (record == 0) {
        add(&counters->lost_allocations, 1);
        if (call->remembered && !(call->flags & CALL_GROWN)) {
            map_delete(&live, &key);
        }
        return;
    }
    record->head.kind = DWUNW_KIND_BARE;
    record->head.allocator = call->allocator;
    record->head.flags = call->flags & CALL_GROWN ? DWUNW_FLAG_GROWN : 0;
    record->drawn = call->drawn;
    record->head.time_ns = monotonic_nanos();
    record->head.address = address;
    record->head.size = call->size;
    record->head.interval = call->interval;
    record->head.tid = tid;
    record->head.pid = config.pid;
    if (!call->remembered) {
        add((u64 *) &settings.mappings_sampled, 1);
    }
    ring_submit(record, BPF_RB_NO_WAKEUP);
    add(&counters->sampled, 1);
    add(&counters->without_stack, 1);
}

/* Whether there was room. Capacity must be a constant to the verifier, hence one copy of this for each class. */
INLINE int emit_in_class(const struct registers *regs, struct counters *counters, const struct call *call, u32 tid,
                         u64 address, u64 thread, const struct stack_end *end, u32 capacity)
{
    struct dwunw_allocation *record = 0;
    if (has_room(DWUNW_ALLOCATION_HEADER_BYTES + capacity, SHARE_OF_STACKS)) {
        record = ring_reserve(&ring, DWUNW_ALLOCATION_HEADER_BYTES + capacity, 0);
    }
    if (record == 0) {
        return 0;
    }
    record->head.kind = DWUNW_KIND_ALLOCATION;
    record->head.allocator = call->allocator;
    record->head.flags = DWUNW_FLAG_AT_RETURN | (call->flags & CALL_GROWN ? DWUNW_FLAG_GROWN : 0);
    record->drawn = call->drawn;
    record->head.time_ns = monotonic_nanos();
    record->head.address = address;
    record->head.size = call->size;
    record->head.interval = call->interval;
    record->head.tid = tid;
    record->head.pid = config.pid;
    current_comm(record->comm, sizeof(record->comm));
    fill_registers(record, regs);
    fill_anchor(record, thread);
    fill_stack(record, regs->rsp, end->high, capacity);
    if (record->head.flags & DWUNW_FLAG_STACK_CUT) {
        add(&counters->cut, 1);
    }
    if (end->guessed) {
        record->head.flags |= DWUNW_FLAG_STACK_FAULT;
    } else if (record->head.flags & DWUNW_FLAG_STACK_FAULT) {
        add(&counters->faulted, 1);
    }
    if (!call->remembered) {
        add((u64 *) &settings.mappings_sampled, 1);
    }
    ring_submit(record, BPF_RB_NO_WAKEUP);
    add(&counters->sampled, 1);
    return 1;
}

/* Which block an address is: a function of the user's may hand out the address that malloc gave it, and both are
 * blocks. User addresses have 56 bits at most (five-level paging). */
INLINE u64 live_key(u32 allocator, u64 address)
{
    return allocator < DWUNW_CUSTOM ? address : address | (u64) (allocator - DWUNW_CUSTOM + 1) << 56;
}

/* The block's address is remembered before the record goes out, and the application learns of the address only
 * afterwards: its free cannot be missed. */
INLINE void emit_allocation(const struct registers *regs, struct counters *counters, struct call *call, u32 tid,
                            u64 address)
{
    call->remembered = call->allocator != DWUNW_MMAP && call->allocator != DWUNW_MREMAP;
    u64 key = live_key(call->allocator, address);
    if (call->remembered && map_update(&live, &key, &call->size, BPF_ANY) != 0) {
        add(&counters->live_full, 1);
        return;
    }
    const u64 *known = map_lookup(&java_threads, &tid);
    u64 thread = known == 0 ? 0 : *known;
    struct stack_end end = end_of_stack(counters, tid, thread, regs->rsp);
    u64 need = end.high == 0 ? (u64) -1 : end.high - regs->rsp;
    int emitted;
    if (need <= config.class_bytes[0]) {
        emitted = emit_in_class(regs, counters, call, tid, address, thread, &end, config.class_bytes[0]);
    } else if (need <= config.class_bytes[1]) {
        emitted = emit_in_class(regs, counters, call, tid, address, thread, &end, config.class_bytes[1]);
    } else if (need <= config.class_bytes[2]) {
        emitted = emit_in_class(regs, counters, call, tid, address, thread, &end, config.class_bytes[2]);
    } else if (need <= config.class_bytes[3]) {
        emitted = emit_in_class(regs, counters, call, tid, address, thread, &end, config.class_bytes[3]);
    } else {
        emitted = emit_in_class(regs, counters, call, tid, address, thread, &end, config.class_bytes[4]);
    }
    if (!emitted) {
        emit_bare(counters, call, tid, address, key);
    }
}

#endif

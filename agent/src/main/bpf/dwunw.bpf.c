/* SPDX-License-Identifier: MIT
 *
 * Samples libc's allocator from uprobes. Programs of one body, of which the loader takes what the kernel has:
 *   session        entry and return of one call in one program; the return probe is set only for calls of interest
 *   entry, leave   uprobe_multi links: one program each way
 *   entry_by_pc    perf events: there is no cookie, so the function is found by the probe's address
 *   custom_...     the same for functions of the user's own
 * and one that only copies, where the in-process hooks have sampled:
 *   hooks           at its probe points
 */
#include "state.h"
#include "poisson.h"
#include "record.h"
#include "custom.h"
#include "hooks_program.h"

/* What a handler answers to the kernel: a session's return is followed only for FOLLOW. */
enum { FOLLOW = 0, DONE = 1 };

/* Nothing that runs inside an allocator function is this far below its entry. */
#define NESTED_BYTES 4096

/* Cookie: probe's address, allocator above it. User addresses have 56 bits at most (five-level paging). */
#define COOKIE_ADDRESS_MASK ((1ull << 56) - 1)
#define COOKIE_FUNCTION_SHIFT 56

/* glibc's struct malloc_chunk. */
#define CHUNK_BITS 7ull
#define CHUNK_MAPPED 2
#define LEAST_CHUNK 32

#define PROT_NONE 0
#define MAP_FIXED 0x10
#define MREMAP_FIXED 2

INLINE void count_call(struct counters *counters, u32 allocator, u64 bytes)
{
    if (allocator < DWUNW_ALLOCATORS) {
        add(&counters->calls[allocator], 1);
        add(&counters->bytes[allocator], bytes);
    }
}

INLINE int called_by_libc(const struct registers *regs)
{
    u64 caller = 0;
    read_user(&caller, sizeof(caller), (const void *) regs->rsp);
    return caller - config.libc_low < config.libc_bytes || caller - config.libpthread_low < config.libpthread_bytes;
}

/* malloc called by its own family: by realloc of a block that had its own mapping, for one. */
INLINE int called_by_allocator(const struct registers *regs)
{
    u64 caller = 0;
    read_user(&caller, sizeof(caller), (const void *) regs->rsp);
    return caller - config.allocator_low < config.allocator_bytes;
}

INLINE int follow(struct counters *counters, u32 tid, const struct call *call)
{
    if (map_update(&calls, &tid, call, BPF_ANY) != 0) {
        add(&counters->untracked, 1);
        return DONE;
    }
    return FOLLOW;
}

/* A sampled block dies as the call begins, because afterwards its address may be somebody else's. `leaving`: to be
 * somewhere else when the call returns. */
INLINE void free_sampled(struct counters *counters, struct call *call, u32 tid, u64 address, int leaving)
{
    if (address != 0 && map_delete(&live, &address) == 0) {
        call->flags |= leaving ? CALL_FREED | CALL_LEAVING : CALL_FREED;
        call->freed_address = address;
        call->freed_allocator = call->allocator;
        emit_free(counters, call, tid, DWUNW_KIND_FREE);
    }
}

/* Reports the death of a range of pages; only user space knows whose they are. */
INLINE void unmap(struct counters *counters, struct call *call, u32 tid, u32 allocator, u64 address, u64 bytes)
{
    if (bytes != 0 && settings.mappings_sampled != settings.mappings_dead) {
        call->flags = (call->flags & ~CALL_LEAVING) | CALL_FREED;
        if (allocator == DWUNW_MREMAP) {
            call->flags |= CALL_LEAVING;
        }
        call->freed_address = address;
        call->freed_size = (bytes + PAGE - 1) & ~(PAGE - 1);
        call->freed_allocator = allocator;
        emit_free(counters, call, tid, DWUNW_KIND_FREE);
    }
}

INLINE int enter_free(const struct registers *regs, struct counters *counters, struct call *call, u32 tid)
{
    count_call(counters, DWUNW_FREE, 0);
    free_sampled(counters, call, tid, regs->rdi, 0);
    return DONE;
}

INLINE int enter_mapping(const struct registers *regs, struct counters *counters, struct call *call, u32 tid)
{
    if (called_by_libc(regs)) {
        return DONE;
    }
    u32 allocator = call->allocator;
    u64 address = regs->rdi;
    u64 length = regs->rsi;
    u64 third = regs->rdx; /* mmap: protection; mremap: new length */
    u64 flags = regs->rcx;
    PINNED(address);
    PINNED(length);
    PINNED(third);
    PINNED(flags);
    if (allocator == DWUNW_MUNMAP) {
        count_call(counters, allocator, length);
        unmap(counters, call, tid, DWUNW_MUNMAP, address, length);
    } else if (allocator == DWUNW_MREMAP) {
        call->size = third;
        call->drawn = third > length ? third - length : 0; /* an old length of 0 duplicates it */
        count_call(counters, allocator, third);
        if (flags & MREMAP_FIXED) { /* not taken back when the call fails: the kernel unmaps the target first */
            unmap(counters, call, tid, DWUNW_MUNMAP, regs->r8, third);
        }
        unmap(counters, call, tid, DWUNW_MREMAP, address, length);
    } else {
        call->size = length;
        call->drawn = length;
        if (flags & MAP_FIXED) {
            unmap(counters, call, tid, DWUNW_MUNMAP, address, length);
        }
        if ((u32) third == PROT_NONE) { /* address space only: no memory can come of it */
            return call->flags != 0 ? follow(counters, tid, call) : DONE;
        }
        count_call(counters, allocator, length);
    }
    if (allocator != DWUNW_MUNMAP && call->drawn != 0 && block_sampled(call->drawn, call->interval)) {
        call->flags |= CALL_SAMPLED;
    }
    return call->flags != 0 ? follow(counters, tid, call) : DONE;
}

/* Whether the function may hand the call on to malloc, free or realloc, which have probes of their own. */
INLINE int may_delegate(u32 allocator, u64 old, u64 size)
{
    if (allocator == DWUNW_REALLOC) {
        return old == 0 || size == 0;
    }
    return allocator >= DWUNW_REALLOCARRAY && allocator <= DWUNW_PVALLOC;
}

/* Bytes that there is room for in a block of glibc's (malloc_usable_size): a word before it has the size of the chunk
 * with this word, and in its last bits whether the chunk has a mapping of its own, with two words. 0 if that cannot
 * be. */
INLINE u64 usable_size(u64 block)
{
    u64 word = 0;
    if (read_user(&word, sizeof(word), (const void *) (block - sizeof(word))) != 0) {
        return 0;
    }
    u64 chunk = word & ~CHUNK_BITS;
    return chunk < LEAST_CHUNK || chunk > MOST_BYTES ? 0 : chunk - (word & CHUNK_MAPPED ? 16 : 8);
}

INLINE int enter_block(const struct registers *regs, struct counters *counters, struct call *call, u32 tid)
{
    u32 allocator = call->allocator;
    u64 first = regs->rdi;
    u64 second = regs->rsi;
    u64 third = regs->rdx;
    u64 old = 0;
    int overflow = 0;
    PINNED(first);
    PINNED(second);
    PINNED(third);
    if (allocator == DWUNW_CALLOC) {
        call->size = product(first, second, &overflow);
    } else if (allocator == DWUNW_REALLOC) {
        old = first;
        call->size = second;
    } else if (allocator == DWUNW_REALLOCARRAY) {
        old = first;
        call->size = product(second, third, &overflow);
    } else if (allocator == DWUNW_POSIX_MEMALIGN) {
        call->size = third;
        call->result_at = first;
    } else if (allocator == DWUNW_ALIGNED_ALLOC || allocator == DWUNW_MEMALIGN) {
        call->size = second;
    } else {
        call->size = first;
    }
    count_call(counters, allocator, overflow ? 0 : call->size);
    if (UNLIKELY(overflow)) { /* refused before anything happens */
        return DONE;
    }
    u64 room = old == 0 ? 0 : usable_size(old);
    call->drawn = room < call->size ? call->size - room : 0;
    if (UNLIKELY(block_sampled(call->drawn, call->interval))) {
        if (allocator == DWUNW_MALLOC && called_by_allocator(regs)) {
            return DONE;
        }
        if (old == 0 || call->drawn != 0) {
            call->flags |= CALL_SAMPLED;
        }
    }
    free_sampled(counters, call, tid, old, call->size != 0); /* realloc(p, 0) only frees */
    if (call->flags == 0 && !may_delegate(allocator, old, call->size)) {
        return DONE;
    }
    return follow(counters, tid, call);
}

/* An excluded thread's own blocks are not recorded, but it may free those of others. That a realloc of such a
 * block fails is not noticed: its entry in `calls` says that it is excluded. Only this agent's own thread is. */
INLINE int enter_excluded(const struct registers *regs, struct counters *counters, struct call *call, u32 tid)
{
    u32 allocator = call->allocator;
    if (allocator == DWUNW_FREE || allocator == DWUNW_REALLOC || allocator == DWUNW_REALLOCARRAY) {
        free_sampled(counters, call, tid, regs->rdi, 0);
    } else if (allocator == DWUNW_MUNMAP && !called_by_libc(regs)) {
        unmap(counters, call, tid, DWUNW_MUNMAP, regs->rdi, regs->rsi);
    }
    return DONE;
}

INLINE int enter(const struct registers *regs, u32 allocator)
{
    struct pid_namespace_ids ids = {};
    u32 zero = 0;
    struct counters *counters = map_lookup(&counted, &zero);
    if (counters == 0 || !identify(&ids)) {
        return DONE;
    }
    u32 tid = ids.pid;
    u64 attachment = settings.attachment;
    if (attachment == 0) {
        return DONE;
    }
    struct call call = {
        .sp = regs->rsp, .allocator = allocator, .interval = settings.interval, .attachment = attachment};
    const struct call *outer = map_lookup(&calls, &tid);
    if (outer != 0) {
        if (outer->flags & CALL_EXCLUDED) {
            return enter_excluded(regs, counters, &call, tid);
        }
        if (outer->attachment == attachment) {
            if (outer->sp - regs->rsp < NESTED_BYTES) {
                return DONE;
            }
            add(&counters->abandoned, 1);
        }
        map_delete(&calls, &tid); /* its return was never seen */
    }
    if (allocator == DWUNW_FREE) {
        return enter_free(regs, counters, &call, tid);
    }
    if (allocator == DWUNW_MMAP || allocator == DWUNW_MUNMAP || allocator == DWUNW_MREMAP) {
        return enter_mapping(regs, counters, &call, tid);
    }
    return enter_block(regs, counters, &call, tid);
}

/* What has left as the call began is at `address` now. Of a block whose room was not known nothing is left but what
 * was drawn. */
INLINE void arrive(struct counters *counters, struct call *call, u32 tid, u64 address)
{
    if (call->allocator == DWUNW_MREMAP) {
        emit_move(counters, call, tid, address);
        return;
    }
    if (call->drawn == call->size && !(call->flags & CALL_SAMPLED)) {
        return;
    }
    if (map_update(&live, &address, &call->size, BPF_ANY) != 0) {
        add(&counters->live_full, 1);
    } else if (emit_move(counters, call, tid, address)) {
        call->flags |= CALL_GROWN;
    } else {
        map_delete(&live, &address);
    }
}

/* What the call gave, 0 if it failed. */
INLINE u64 outcome(const struct registers *regs, const struct call *call)
{
    u64 result = regs->rax;
    if (call->allocator == DWUNW_POSIX_MEMALIGN) {
        u64 address = 0;
        if ((u32) result == 0) {
            read_user(&address, sizeof(address), (const void *) call->result_at);
        }
        return address;
    }
    if (call->allocator == DWUNW_MUNMAP) {
        return (u32) result == 0;
    }
    if (call->allocator == DWUNW_MMAP || call->allocator == DWUNW_MREMAP) {
        return result == (u64) -1 ? 0 : result;
    }
    return result;
}

INLINE int return_from(const struct registers *regs)
{
    struct pid_namespace_ids ids = {};
    u32 zero = 0;
    struct counters *counters = map_lookup(&counted, &zero);
    if (counters == 0 || !identify(&ids)) {
        return 0;
    }
    u32 tid = ids.pid;
    const struct call *found = map_lookup(&calls, &tid);
    /* Another function's return, nested in the call that is waited for. */
    if (found == 0 || found->flags & CALL_EXCLUDED || regs->rsp != found->sp + sizeof(u64)) {
        return 0;
    }
    struct call call = *found;
    map_delete(&calls, &tid);
    if (call.attachment != settings.attachment) {
        return 0;
    }
    u64 result = outcome(regs, &call);
    int only_frees = call.size == 0 && (call.allocator == DWUNW_REALLOC || call.allocator == DWUNW_REALLOCARRAY);
    if (result == 0 && call.flags & CALL_FREED && !only_frees) {
        if (call.freed_size == 0) {
            map_update(&live, &call.freed_address, &call.freed_size, BPF_ANY);
        }
        emit_free(counters, &call, tid, DWUNW_KIND_UNFREE);
    }
    if (result != 0 && call.flags & CALL_LEAVING) {
        arrive(counters, &call, tid, result);
    }
    if (result != 0 && call.flags & CALL_SAMPLED) {
        emit_allocation(regs, counters, &call, tid, result);
    }
    return 0;
}

SEC("session") int dwunw_session(struct registers *regs)
{
    u64 cookie = attach_cookie(regs);
    if (regs->rip == (cookie & COOKIE_ADDRESS_MASK)) {
        return enter(regs, cookie >> COOKIE_FUNCTION_SHIFT);
    }
    return return_from(regs);
}

SEC("entry") int dwunw_entry(struct registers *regs)
{
    enter(regs, attach_cookie(regs) >> COOKIE_FUNCTION_SHIFT);
    return 0;
}

SEC("entry_by_pc") int dwunw_entry_by_pc(struct registers *regs)
{
    u64 pc = regs->rip;
    const u32 *allocator = map_lookup(&probes, &pc);
    if (allocator != 0) {
        enter(regs, *allocator);
    }
    return 0;
}

SEC("leave") int dwunw_leave(struct registers *regs)
{
    return return_from(regs);
}

SEC("custom_session") int dwunw_custom_session(struct registers *regs)
{
    u64 cookie = attach_cookie(regs);
    u32 function = cookie >> COOKIE_FUNCTION_SHIFT;
    if (regs->rip == (cookie & COOKIE_ADDRESS_MASK)) {
        return enter_custom(regs, function, function) ? FOLLOW : DONE;
    }
    leave_custom(regs, function, function);
    return 0;
}

SEC("custom_entry") int dwunw_custom_entry(struct registers *regs)
{
    u32 function = attach_cookie(regs) >> COOKIE_FUNCTION_SHIFT;
    if (!enter_custom(regs, function, function)) {
        forget_custom(regs, function);
    }
    return 0;
}

SEC("custom_leave") int dwunw_custom_leave(struct registers *regs)
{
    u32 function = attach_cookie(regs) >> COOKIE_FUNCTION_SHIFT;
    leave_custom(regs, function, function);
    return 0;
}

SEC("hooks") int dwunw_hooks(struct registers *regs)
{
    return at_hooks(regs);
}

/* probe_read_user and ktime_get_ns are for GPL-compatible programs only. */
const char license_text[] SEC("license") = "Dual MIT/GPL";

/* SPDX-License-Identifier: MIT
 *
 * The slow path behind the stubs: calls the real function, and records what is sampled. What an application can
 * observe (results, errno, order of effects) is exactly what the real function does.
 *
 * Order matters: a block's death is recorded before the real free, because from then on its address may be anybody's;
 * its birth after the real allocation and before the caller gets to know the address.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/mman.h>

#include "hooks.h"

enum { RDX = 1, RCX = 2, RSI = 4, RDI = 5, R8 = 8, R9 = 9 };

typedef uint64_t function6(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);

uint64_t hooks_slow(uint64_t registers[HOOKS_REGISTERS], unsigned which);

struct call {
    const uint64_t *registers;
    unsigned family;
    unsigned symbol;
    unsigned allocator; /* what the symbol counts as */
};

/* Unused argument registers are passed on as they are, as a jump would. */
static uint64_t call_original(const struct call *call)
{
    const uint64_t *r = call->registers;
    function6 *original = (function6 *) hooks_original[call->family][call->symbol];
    return original(r[RDI], r[RSI], r[RDX], r[RCX], r[R8], r[R9]);
}

/* Where the stack of the slow path begins. */
static uint64_t frame_of(const struct call *call)
{
    return (uintptr_t) call->registers;
}

/* The block of a thread that may sample now. Null in a child (forked: the control page was wiped; vfork: the parent's
 * memory, but another process), while detached, and in a signal handler that interrupted this very code. */
static struct hooks_thread *enter(const struct call *call)
{
    struct hooks_thread *thread = hooks_thread_current();
    if (thread == NULL || hooks_thread_inside(thread, frame_of(call))) {
        return NULL;
    }
    if (!hooks_active()) {
        __atomic_store_n(&thread->left, INT64_MAX, __ATOMIC_SEQ_CST);
        if (hooks_active()) { /* attached meanwhile, perhaps too early to have seen that */
            thread->left = 0;
        }
        return NULL;
    }
    return thread;
}

/* Bytes asked for; false for a product that overflows, which the real function refuses. */
static bool requested(const struct call *call, uint64_t *size)
{
    const uint64_t *r = call->registers;
    switch (call->allocator) {
    case DWUNW_CALLOC:
        return !__builtin_mul_overflow(r[RDI], r[RSI], size);
    case DWUNW_REALLOCARRAY:
        return !__builtin_mul_overflow(r[RSI], r[RDX], size);
    case DWUNW_POSIX_MEMALIGN:
        *size = r[RDX];
        return true;
    case DWUNW_REALLOC:
    case DWUNW_ALIGNED_ALLOC:
    case DWUNW_MEMALIGN:
    case DWUNW_MMAP:
        *size = r[RSI];
        return true;
    case DWUNW_MREMAP:
        *size = r[RDX];
        return true;
    default:
        *size = r[RDI];
        return true;
    }
}

static void count_seen(struct hooks_thread *thread, unsigned symbol, uint64_t size)
{
    thread->seen[symbol].calls++;
    thread->seen[symbol].bytes += size;
}

/* The address of the new block, 0 if there is none. */
static uint64_t new_block(const struct call *call, uint64_t result)
{
    if (call->symbol != DWUNW_POSIX_MEMALIGN) {
        return result;
    }
    return (int) result == 0 ? *(const uint64_t *) (uintptr_t) call->registers[RDI] : 0;
}

/* Whether a birth may be recorded: detached meanwhile, its death would not be seen. Until end_record() a thread
 * that detaches waits. The fence pairs with the store to `active` in hooks_detach. */
static bool begin_record(struct hooks_thread *thread)
{
    __atomic_store_n(&thread->recording, 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return hooks_active();
}

static void end_record(struct hooks_thread *thread)
{
    __atomic_store_n(&thread->recording, 0, __ATOMIC_RELEASE);
}

static void record_block(struct hooks_thread *thread, const struct call *call, const struct hooks_birth *birth)
{
    enum hooks_insertion inserted = hooks_live_insert(birth->address);
    if (inserted == HOOKS_NO_ROOM) {
        hooks_count(&hooks_statistics.untracked);
        return;
    }
    if (!hooks_capture_allocation(thread, call->registers, birth)) {
        if (inserted == HOOKS_THERE) { /* the reader has still to learn that what was there is dead */
            hooks_capture_free(thread, DWUNW_KIND_FREE, DWUNW_FREE, birth->address, 0);
        }
        hooks_live_remove(birth->address);
    }
}

/* realloc and reallocarray: the old block dies before the call, and comes back to life when the call fails. Of no
 * bytes it only frees. */
static bool forget_old(struct hooks_thread *thread, const struct call *call, uint64_t old, uint64_t size)
{
    if (old == 0 || !hooks_live_may_contain(old) || hooks_in_other_process() || !hooks_live_remove(old)) {
        return false;
    }
    if (size == 0) {
        hooks_capture_free(thread, DWUNW_KIND_FREE, call->allocator, old, 0);
    } else {
        hooks_capture_leaving(thread, call->allocator, old, 0);
    }
    return true;
}

/* A sampled block has been reallocated; true if it is still sampled. */
static bool move_block(struct hooks_thread *thread, const struct call *call, uint64_t old,
                       const struct hooks_birth *birth)
{
    if (hooks_live_insert(birth->address) == HOOKS_NO_ROOM) {
        hooks_count(&hooks_statistics.untracked);
        return false;
    }
    if (!hooks_capture_move(thread, call->allocator, old, birth->address, birth->size, birth->size - birth->drawn)) {
        hooks_count(&hooks_statistics.lost);
        hooks_live_remove(birth->address);
        return false;
    }
    return true;
}

/* How many bytes of the new block the old one had room for: all if it does not grow, none if there was no block, or an
 * allocator that does not tell. */
static uint64_t kept_bytes(const struct call *call, uint64_t old, uint64_t size)
{
    int error = errno;
    uint64_t room = old == 0 ? 0 : hooks_usable_size(call->family, old);
    errno = error;
    return room < size ? room : size;
}

static void remember_old(struct hooks_thread *thread, const struct call *call, uint64_t old)
{
    if (hooks_live_insert(old) == HOOKS_NO_ROOM) {
        hooks_count(&hooks_statistics.untracked);
        return;
    }
    hooks_capture_free(thread, DWUNW_KIND_UNFREE, call->allocator, old, 0);
}

/* `old`: the sampled block that it was; 0 = none. */
static void record_outcome(struct hooks_thread *thread, const struct call *call, uint64_t old, bool sampled,
                           struct hooks_birth *birth)
{
    bool all_drawn = birth->drawn == birth->size;
    bool moved = old != 0 && (sampled || !all_drawn) && move_block(thread, call, old, birth);
    if (!sampled) {
        return;
    }
    if (!moved) {
        record_block(thread, call, birth);
        return;
    }
    birth->flags = DWUNW_FLAG_GROWN;
    hooks_capture_allocation(thread, call->registers, birth);
}

static uint64_t slow_allocation(const struct call *call)
{
    uint64_t size = 0;
    struct hooks_thread *thread = enter(call);
    if (thread == NULL || !requested(call, &size)) {
        return call_original(call);
    }
    bool has_old = call->allocator == DWUNW_REALLOC || call->allocator == DWUNW_REALLOCARRAY;
    uint64_t old = has_old ? call->registers[RDI] : 0;
    /* A failing operator new throws right through here: nothing must be left to be tidied up then. */
    bool throws = call->symbol >= HOOKS_NEW && call->symbol < HOOKS_NEW_END;
    hooks_thread_enter(thread, throws ? 0 : frame_of(call));
    struct hooks_birth birth = {.allocator = call->allocator, .size = size};
    birth.drawn = size - kept_bytes(call, old, size);
    bool sampled = hooks_thread_count_down(thread, size, birth.drawn, &birth.interval);
    sampled &= old == 0 || birth.drawn != 0;
    bool forgotten = forget_old(thread, call, old, size);
    uint64_t result = call_original(call);
    int error = errno;
    hooks_thread_enter(thread, frame_of(call));
    uint64_t address = new_block(call, result);
    if (address != 0) {
        birth.address = address;
        count_seen(thread, call->allocator, size);
        if ((sampled || forgotten) && !hooks_in_other_process()) {
            if (begin_record(thread)) {
                record_outcome(thread, call, forgotten && size != 0 ? old : 0, sampled, &birth);
            }
            end_record(thread);
        }
    } else if (forgotten && size != 0) {
        remember_old(thread, call, old);
    }
    thread->frame = 0;
    errno = error;
    return result;
}

/* Works inside the recursion guard, too: it is lock-free, and a free that goes unseen would look like a leak. */
static uint64_t slow_free(const struct call *call)
{
    uint64_t address = call->registers[RDI];
    struct hooks_thread *thread = hooks_thread_freeing(address);
    if (thread != NULL) {
        count_seen(thread, DWUNW_FREE, 0);
    }
    if (hooks_live_may_contain(address) && hooks_active() && !hooks_in_other_process() && hooks_live_remove(address)) {
        int error = errno;
        hooks_capture_free(thread, DWUNW_KIND_FREE, DWUNW_FREE, address, 0);
        errno = error;
    }
    return call_original(call);
}

/* The sampled parts of [address, address + size) die, or leave with mremap; `undo`, if not NULL, gets the first of
 * them. */
static unsigned unmap(struct hooks_thread *thread, unsigned symbol, uint64_t address, uint64_t size,
                      struct hooks_range undo[HOOKS_UNMAPPED_AT_ONCE])
{
    struct hooks_range removed[HOOKS_UNMAPPED_AT_ONCE];
    unsigned first = 0;
    for (bool again = false;; again = true) {
        unsigned count = hooks_region_remove(address, size, removed);
        for (unsigned i = 0; i < count; i++) {
            if (!again && undo != NULL) {
                undo[i] = removed[i];
            }
            if (again || symbol != DWUNW_MREMAP) {
                hooks_capture_free(thread, DWUNW_KIND_FREE, symbol, removed[i].address, removed[i].size);
            } else {
                hooks_capture_leaving(thread, symbol, removed[i].address, removed[i].size);
            }
        }
        first = again ? first : count;
        if (count < HOOKS_UNMAPPED_AT_ONCE) {
            return first;
        }
    }
}

static void remap(struct hooks_thread *thread, unsigned symbol, const struct hooks_range *ranges, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (hooks_region_insert(ranges[i].address, ranges[i].size)) {
            hooks_capture_free(thread, DWUNW_KIND_UNFREE, symbol, ranges[i].address, ranges[i].size);
        } else {
            hooks_count(&hooks_statistics.untracked);
        }
    }
}

static uint64_t round_to_pages(uint64_t size)
{
    return (size + HOOKS_PAGE - 1) & ~(uint64_t) (HOOKS_PAGE - 1);
}

/* mremap: the old place may be somebody else's before the call returns, so it dies before. An old size of 0 duplicates
 * a shared mapping. */
static unsigned unmap_old(struct hooks_thread *thread, const struct call *call,
                          struct hooks_range undo[HOOKS_UNMAPPED_AT_ONCE])
{
    const uint64_t *r = call->registers;
    if (call->symbol != DWUNW_MREMAP || r[RSI] == 0) {
        return 0;
    }
    return unmap(thread, DWUNW_MREMAP, r[RDI], round_to_pages(r[RSI]), undo);
}

/* A mapping at a fixed address replaces what was there in one step: no other call can get the place meanwhile, so this
 * is recorded once it has happened. */
static void unmap_replaced(struct hooks_thread *thread, const struct call *call, uint64_t address, uint64_t size)
{
    uint64_t flags = call->registers[RCX];
    if (call->symbol == DWUNW_MMAP ? flags & MAP_FIXED : flags & MREMAP_FIXED) {
        unmap(thread, DWUNW_MUNMAP, address, size, NULL);
    }
}

/* Only the pages of what was drawn: what has been there before is sampled by itself, or is not. */
static void record_mapping(struct hooks_thread *thread, const struct call *call, const struct hooks_birth *birth)
{
    uint64_t from = (birth->address + birth->size - birth->drawn) & ~(uint64_t) (HOOKS_PAGE - 1);
    uint64_t to = birth->address + round_to_pages(birth->size);
    bool inserted = birth->drawn == birth->size ? hooks_region_insert(from, to - from)
                                                : hooks_region_extend(birth->address, from, to);
    if (!inserted) {
        hooks_count(&hooks_statistics.untracked);
        return;
    }
    if (!hooks_capture_allocation(thread, call->registers, birth)) {
        struct hooks_range lost[HOOKS_UNMAPPED_AT_ONCE];
        hooks_region_remove(from, to - from, lost);
    }
}

/* mremap: the parts that have left are at the new place, as far as it reaches. */
static void move_mappings(struct hooks_thread *thread, const struct call *call, const struct hooks_range *parts,
                          unsigned count, const struct hooks_birth *birth)
{
    uint64_t old = call->registers[RDI];
    uint64_t size = round_to_pages(birth->size);
    for (unsigned i = 0; i < count; i++) {
        uint64_t offset = parts[i].address - old;
        uint64_t left = offset < size ? size - offset : 0;
        uint64_t kept = parts[i].size < left ? parts[i].size : left;
        if (kept != 0 && !hooks_region_insert(birth->address + offset, kept)) {
            hooks_count(&hooks_statistics.untracked);
        } else if (!hooks_capture_move(thread, call->symbol, parts[i].address, birth->address + offset, kept, kept)) {
            hooks_count(&hooks_statistics.lost);
        }
    }
}

/* A reservation is only address space: no memory can come of it. */
static bool is_memory(const struct call *call)
{
    return call->symbol != DWUNW_MMAP || (int) call->registers[RDX] != PROT_NONE;
}

static uint64_t slow_mapping(const struct call *call)
{
    uint64_t size = 0;
    struct hooks_thread *thread = enter(call);
    if (thread == NULL || !requested(call, &size) || hooks_in_other_process()) {
        return call_original(call);
    }
    bool counts = is_memory(call);
    struct hooks_birth birth = {.allocator = call->symbol, .size = size, .drawn = size};
    if (call->symbol == DWUNW_MREMAP) { /* an old size of 0 duplicates it */
        birth.drawn = size > call->registers[RSI] ? size - call->registers[RSI] : 0;
    }
    bool sampled = counts && hooks_thread_count_down(thread, size, birth.drawn, &birth.interval);
    sampled &= birth.drawn != 0;
    struct hooks_range undo[HOOKS_UNMAPPED_AT_ONCE];
    hooks_thread_enter(thread, frame_of(call));
    unsigned undone = unmap_old(thread, call, undo);
    uint64_t result = call_original(call);
    int error = errno;
    if (result == (uint64_t) MAP_FAILED) {
        remap(thread, call->symbol, undo, undone);
    } else {
        birth.address = result;
        unmap_replaced(thread, call, result, round_to_pages(size));
        if (counts) {
            count_seen(thread, call->symbol, size);
        }
        if (sampled || undone != 0) {
            if (begin_record(thread)) {
                move_mappings(thread, call, undo, undone, &birth);
                if (sampled) {
                    record_mapping(thread, call, &birth);
                }
            }
            end_record(thread);
        }
    }
    thread->frame = 0;
    errno = error;
    return result;
}

/* Like free, a munmap is recorded inside the recursion guard, too. One that the kernel will surely refuse is not;
 * others it may refuse, as the two parts that are left may be a mapping too many. */
static uint64_t slow_munmap(const struct call *call)
{
    uint64_t address = call->registers[RDI];
    uint64_t size = round_to_pages(call->registers[RSI]);
    struct hooks_thread *thread = hooks_thread_freeing(address);
    struct hooks_range undo[HOOKS_UNMAPPED_AT_ONCE];
    unsigned undone = 0;
    int error = errno;
    if (thread != NULL) {
        count_seen(thread, DWUNW_MUNMAP, call->registers[RSI]);
    }
    if (hooks_active() && address % HOOKS_PAGE == 0 && size != 0 && !hooks_in_other_process()) {
        undone = unmap(thread, DWUNW_MUNMAP, address, size, undo);
    }
    errno = error;
    uint64_t result = call_original(call);
    if ((int) result != 0 && undone != 0) {
        error = errno;
        remap(thread, DWUNW_MUNMAP, undo, undone);
        errno = error;
    }
    return result;
}

static unsigned counts_as(unsigned symbol)
{
    if (symbol == HOOKS_LIBC_REALLOC) {
        return DWUNW_REALLOC;
    }
    return symbol >= HOOKS_DELETE ? DWUNW_FREE : symbol >= HOOKS_NEW ? DWUNW_MALLOC : symbol;
}

/* The stack may not be aligned: hand-written code gets away with that in most allocators. */
__attribute__((force_align_arg_pointer)) uint64_t hooks_slow(uint64_t registers[HOOKS_REGISTERS], unsigned which)
{
    struct call call = {.registers = registers, .family = which >> 8, .symbol = which & 0xff};
    call.allocator = counts_as(call.symbol);
    switch (call.allocator) {
    case DWUNW_FREE:
        return slow_free(&call);
    case DWUNW_MUNMAP:
        return slow_munmap(&call);
    case DWUNW_MMAP:
    case DWUNW_MREMAP:
        return slow_mapping(&call);
    default:
        return slow_allocation(&call);
    }
}

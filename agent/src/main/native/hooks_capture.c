/* SPDX-License-Identifier: MIT
 *
 * Writes the records of sample.h: registers, thread, time, and the bytes of the stack, copied in place without any
 * privilege. Or hands its header to the probe points, for a BPF program that copies by itself.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>

#include "hooks.h"

#define REGISTER_SP 7
#define REGISTER_PC 16
/* Pages that one snapshot can touch: the largest size asked for, and one for a start inside a page. */
#define MAX_STACK_PAGES 33
/* Most bytes from the first to the last word of a JavaFrameAnchor: 24 in the JDKs known, 64 if it grows. */
#define ANCHOR_SPAN 64
/* A thread is renamed once in its life, if at all, and soon: it begins under its parent's name. Asking costs as much as
 * all the rest of a sample. */
#define COMM_YOUNG_NANOS 500000000u
#define COMM_NANOS 10000000u

/* OS thread -> JavaThread, written by one Java thread, read by all. A thread is in one of PROBES neighbouring entries.
 * */
#define JAVA_THREADS 32768u
#define PROBES 32u
struct java_thread {
    uint64_t tid;
    uint64_t address; /* 0 = entry free */
};
static struct java_thread *java_threads;

/* The key under which the JVM keeps each thread's own Thread (ThreadLocalStorage::thread); NO_KEY = not found as yet.
 * The JVM clears the value before it frees a Thread: one that a thread finds there as its own is alive. */
#define NO_KEY UINT32_MAX
static uint32_t own_thread_key = NO_KEY;

static void find_own_thread_key(uint64_t java_thread)
{
    for (uint32_t key = 0; own_thread_key == NO_KEY && key < PTHREAD_KEYS_MAX; key++) {
        if ((uintptr_t) pthread_getspecific((pthread_key_t) key) == java_thread) {
            __atomic_store_n(&own_thread_key, key, __ATOMIC_RELEASE);
        }
    }
}

static bool is_own(uint64_t java_thread)
{
    uint32_t key = __atomic_load_n(&own_thread_key, __ATOMIC_ACQUIRE);
    return key != NO_KEY && (uintptr_t) pthread_getspecific((pthread_key_t) key) == java_thread;
}

static struct java_thread *java_thread_entry(uint32_t tid, uint32_t probe)
{
    return &java_threads[(tid * 0x9E3779B1u / (UINT32_MAX / JAVA_THREADS + 1) + probe) % JAVA_THREADS];
}

int hooks_java_thread(uint32_t tid, uint64_t address)
{
    if (address != 0 && tid == (uint32_t) hooks_syscall(SYS_gettid, 0, 0, 0, 0, 0, 0)) {
        find_own_thread_key(address);
    }
    if (java_threads == NULL) {
        java_threads = hooks_map_for_parent(JAVA_THREADS * sizeof(struct java_thread));
        if (java_threads == NULL) {
            return -ENOMEM;
        }
    }
    struct java_thread *unused = NULL;
    for (uint32_t probe = 0; probe < PROBES; probe++) {
        struct java_thread *entry = java_thread_entry(tid, probe);
        if (entry->tid == tid && (entry->address != 0 || address == 0)) {
            __atomic_store_n(&entry->address, address, __ATOMIC_RELEASE);
            return 0;
        }
        if (unused == NULL && entry->address == 0) {
            unused = entry;
        }
    }
    if (address == 0) {
        return 0;
    }
    if (unused == NULL) {
        return -ENOSPC;
    }
    __atomic_store_n(&unused->tid, tid, __ATOMIC_RELEASE);
    __atomic_store_n(&unused->address, address, __ATOMIC_RELEASE);
    return 0;
}

static uint64_t java_thread_of(uint32_t tid)
{
    for (uint32_t probe = 0; java_threads != NULL && probe < PROBES; probe++) {
        const struct java_thread *entry = java_thread_entry(tid, probe);
        uint64_t address = __atomic_load_n(&entry->address, __ATOMIC_ACQUIRE);
        if (address != 0 && __atomic_load_n(&entry->tid, __ATOMIC_ACQUIRE) == tid
            && __atomic_load_n(&entry->address, __ATOMIC_ACQUIRE) == address) {
            return address;
        }
    }
    return 0;
}

/* A call for each page, and three around: only where the filter of an old container forbids process_vm_readv. */
static long read_own_file(const struct iovec *local, unsigned count, uint64_t from)
{
    long file = hooks_syscall(SYS_open, (uintptr_t) "/proc/self/mem", O_RDONLY | O_CLOEXEC, 0, 0, 0, 0);
    uint64_t done = 0;
    for (unsigned i = 0; file >= 0 && i < count; i++) {
        long n = hooks_syscall(SYS_pread64, (uint64_t) file, (uintptr_t) local[i].iov_base, local[i].iov_len,
                               from + done, 0, 0);
        done += n > 0 ? (uint64_t) n : 0;
        if (n != (long) local[i].iov_len) {
            break;
        }
    }
    if (file >= 0) {
        hooks_syscall(SYS_close, (uint64_t) file, 0, 0, 0, 0, 0);
    }
    return (long) done;
}

/* Without a privilege, because it is this process's own memory; and unlike a plain copy, it never faults. The remote
 * pieces lie side by side. */
static long read_own(const struct iovec *local, unsigned local_count, const struct iovec *remote, unsigned remote_count)
{
    long n = hooks_syscall(SYS_process_vm_readv, hooks_control->pid, (uintptr_t) local, local_count, (uintptr_t) remote,
                           remote_count, 0);
    return n == -EPERM || n == -ENOSYS ? read_own_file(local, local_count, (uintptr_t) remote->iov_base) : n;
}

/* Bytes copied: short at the first page that cannot be read. */
static uint32_t read_pages(const struct iovec *to, unsigned count, uint64_t from, uint32_t length)
{
    struct iovec remote[MAX_STACK_PAGES];
    uint32_t wanted = 0;
    unsigned pages = 0;
    while (wanted < length && pages < MAX_STACK_PAGES) {
        uint32_t piece = HOOKS_PAGE - (uint32_t) ((from + wanted) % HOOKS_PAGE);
        piece = piece < length - wanted ? piece : length - wanted;
        remote[pages].iov_base = (void *) (uintptr_t) (from + wanted);
        remote[pages++].iov_len = piece;
        wanted += piece;
    }
    long copied = pages == 0 ? 0 : read_own(to, count, remote, pages);
    return copied < 0 ? 0 : (uint32_t) copied;
}

static uint32_t min_u32(uint32_t one, uint32_t other)
{
    return one < other ? one : other;
}

/* A JavaThread that is not surely this thread's own may have died since Java announced it: hence not by plain loads. */
static bool read_java_thread(uint64_t java_thread, uint32_t offset, uint8_t *to, uint32_t length)
{
    const void *from = (const void *) (uintptr_t) (java_thread + offset);
    if (is_own(java_thread)) {
        memcpy(to, from, length);
        return true;
    }
    /* One piece: the call costs as much again for each further one. */
    struct iovec local = {.iov_base = to, .iov_len = length};
    struct iovec remote = {.iov_base = (void *) (uintptr_t) from, .iov_len = length};
    return read_own(&local, 1, &remote, 1) == (long) length;
}

static void fill_anchor(struct dwunw_allocation *header)
{
    uint64_t java_thread = header->anchor_thread;
    if (java_thread == 0 || !__atomic_load_n(&hooks_control->anchor_known, __ATOMIC_ACQUIRE)) {
        return;
    }
    const uint32_t *offsets = hooks_control->anchor_offsets;
    uint32_t low = min_u32(offsets[0], min_u32(offsets[1], offsets[2]));
    uint8_t anchor[ANCHOR_SPAN];
    uint64_t words[3];
    uint32_t length = 0;
    for (int i = 0; i < 3; i++) {
        uint32_t end = offsets[i] - low + (uint32_t) sizeof(words[0]);
        length = end > length ? end : length;
    }
    if (length > sizeof(anchor) || !read_java_thread(java_thread, low, anchor, length)) {
        return;
    }
    for (int i = 0; i < 3; i++) {
        memcpy(&words[i], anchor + (offsets[i] - low), sizeof(words[i]));
    }
    header->anchor_sp = words[0];
    header->anchor_pc = words[1];
    header->anchor_fp = words[2];
    header->head.flags |= DWUNW_FLAG_ANCHOR;
}

static void fill_comm(struct hooks_thread *thread, struct dwunw_allocation *header)
{
    uint64_t now = header->head.time_ns;
    if (thread->comm_time == 0) {
        thread->comm_first = now;
    }
    if (now - thread->comm_first < COMM_YOUNG_NANOS || now - thread->comm_time > COMM_NANOS) {
        hooks_syscall(SYS_prctl, PR_GET_NAME, (uintptr_t) thread->comm, 0, 0, 0, 0);
        thread->comm_time = now;
    }
    memcpy(header->comm, thread->comm, sizeof(header->comm));
}

static void fill_head(const struct hooks_thread *thread, struct dwunw_free *head, unsigned kind, unsigned allocator)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    head->kind = (dwunw_u16) kind;
    head->allocator = (dwunw_u16) allocator;
    head->time_ns = (uint64_t) now.tv_sec * 1000000000u + (uint64_t) now.tv_nsec;
    head->tid = thread != NULL ? thread->tid : (uint32_t) hooks_syscall(SYS_gettid, 0, 0, 0, 0, 0, 0);
    head->pid = hooks_control->pid;
}

/* Copies the header and, behind it, as much of the stack as is there. */
static void write_record(const struct hooks_reservation *record, struct dwunw_allocation *header, bool known)
{
    if (known) {
        hooks_queue_write(record, DWUNW_ALLOCATION_HEADER_BYTES, (const void *) (uintptr_t) header->stack_base,
                          header->stack_length);
    } else {
        struct iovec pieces[HOOKS_PIECES];
        unsigned count = hooks_queue_pieces(record, DWUNW_ALLOCATION_HEADER_BYTES, header->stack_length, pieces);
        uint32_t copied = read_pages(pieces, count, header->stack_base, header->stack_length);
        if (copied < header->stack_length) {
            header->head.flags = (header->head.flags & ~(uint32_t) DWUNW_FLAG_STACK_CUT) | DWUNW_FLAG_STACK_FAULT;
            header->stack_length = copied;
        }
    }
    if (header->head.flags & DWUNW_FLAG_STACK_CUT) {
        hooks_count(&hooks_statistics.cut);
    }
    hooks_queue_write(record, 0, header, DWUNW_ALLOCATION_HEADER_BYTES);
}

/* The reader can find the record: counts it, and wakes the reader if it waits for that. */
static void is_written(uint64_t *counter)
{
    hooks_count(counter);
    hooks_bell_record();
}

/* To the BPF program, which adds what costs the kernel no call of its own: the thread's name and anchor. It cannot
 * fault pages in: those of a stack that is surely there are touched for it. */
static void hand_over(const struct dwunw_allocation *header, bool known)
{
    for (uint64_t i = 0; known && i < header->stack_length; i += HOOKS_PAGE) {
        (void) *(const volatile char *) (uintptr_t) (header->stack_base + i);
    }
    hooks_probe_allocation(header, DWUNW_ALLOCATION_HEADER_BYTES + header->stack_length);
    is_written(&hooks_statistics.sampled);
}

/* What keeps sums right where there is no room for the stack. */
static bool write_bare(struct hooks_thread *thread, const struct dwunw_allocation *header)
{
    struct dwunw_bare bare = {.head = header->head, .drawn = header->drawn};
    uint32_t length = bare.drawn == bare.head.size ? DWUNW_FREE_BYTES : DWUNW_BARE_BYTES;
    struct hooks_reservation reservation;
    if (!hooks_queue_reserve(thread, HOOKS_POOL_BARE, length, &reservation)) {
        hooks_count(&hooks_statistics.lost);
        return false;
    }
    bare.head.kind = DWUNW_KIND_BARE;
    bare.head.flags &= DWUNW_FLAG_GROWN;
    hooks_queue_write(&reservation, 0, &bare, length);
    hooks_queue_publish(&reservation);
    hooks_count(&hooks_statistics.bare);
    return true;
}

/* False when there is no room for the record. */
bool hooks_capture_allocation(struct hooks_thread *thread, const uint64_t registers[HOOKS_REGISTERS],
                              const struct hooks_birth *birth)
{
    struct dwunw_allocation header;
    memset(&header, 0, sizeof(header));
    unsigned allocator = birth->allocator;
    fill_head(thread, &header.head, DWUNW_KIND_ALLOCATION, allocator);
    header.head.flags = DWUNW_FLAG_AT_RETURN | birth->flags;
    header.head.address = birth->address;
    header.head.size = birth->size;
    header.head.interval = birth->interval;
    header.drawn = birth->drawn;
    memcpy(header.registers, registers, sizeof(header.registers));
    header.registers[0] = allocator == DWUNW_POSIX_MEMALIGN ? 0 : birth->address;
    header.return_address = registers[REGISTER_PC];
    header.anchor_thread = java_thread_of(header.head.tid);
    uint64_t sp = registers[REGISTER_SP];
    uint64_t high = 0;
    /* A signal handler may call mmap while malloc is at work below it, and libc may hold a lock of its own:
     * pthread_getattr_np would deadlock there. */
    bool may_ask_pthread = allocator != DWUNW_MMAP && allocator != DWUNW_MREMAP
        && registers[REGISTER_PC] - hooks_libc.address >= hooks_libc.size;
    bool known = hooks_thread_stack(thread, sp, may_ask_pthread, &high);
    uint32_t limit = hooks_control->stack_bytes;
    uint64_t depth = known ? high - sp : UINT64_MAX;
    header.stack_base = sp;
    header.stack_capacity = limit;
    header.stack_length = depth < limit ? (uint32_t) depth : limit;
    if (depth > limit) {
        header.head.flags |= DWUNW_FLAG_STACK_CUT;
    }
    if (!hooks_control->capture) {
        hand_over(&header, known);
        return true;
    }
    struct hooks_reservation reservation;
    if (hooks_queue_reserve(thread, HOOKS_POOL_STACKS, DWUNW_ALLOCATION_HEADER_BYTES + header.stack_length,
                            &reservation)) {
        fill_comm(thread, &header);
        fill_anchor(&header);
        write_record(&reservation, &header, known);
        hooks_queue_publish(&reservation);
    } else if (!write_bare(thread, &header)) {
        return false;
    }
    is_written(&hooks_statistics.sampled);
    return true;
}

static void fill_free(const struct hooks_thread *thread, struct dwunw_free *record, unsigned kind, unsigned allocator,
                      uint64_t address, uint64_t size)
{
    fill_head(thread, record, kind, allocator);
    record->address = address;
    record->size = size;
    record->interval = thread != NULL ? thread->interval : __atomic_load_n(&hooks_control->interval, __ATOMIC_RELAXED);
}

/* A record about a block that is known. False when there is no room for it; of the program's the kernel counts that. */
static bool write_short(struct hooks_thread *thread, const struct dwunw_free *record, uint32_t length,
                        uint64_t *written)
{
    if (!hooks_control->capture) {
        hooks_probe_free(record, length);
        is_written(written);
        return true;
    }
    struct hooks_reservation reservation;
    if (!hooks_queue_reserve(thread, HOOKS_POOL_FREES, length, &reservation)
        && !hooks_queue_reserve(thread, HOOKS_POOL_BARE, length, &reservation)) {
        return false;
    }
    hooks_queue_write(&reservation, 0, record, length);
    hooks_queue_publish(&reservation);
    is_written(written);
    return true;
}

static void capture_free(struct hooks_thread *thread, unsigned kind, uint32_t flags, unsigned allocator,
                         uint64_t address, uint64_t size)
{
    struct dwunw_free record;
    memset(&record, 0, sizeof(record));
    fill_free(thread, &record, kind, allocator, address, size);
    record.flags = flags;
    uint64_t unused = 0;
    if (!write_short(thread, &record, sizeof(record), kind == DWUNW_KIND_FREE ? &hooks_statistics.freed : &unused)) {
        hooks_count(&hooks_statistics.lost_frees);
    }
}

void hooks_capture_free(struct hooks_thread *thread, unsigned kind, unsigned allocator, uint64_t address, uint64_t size)
{
    capture_free(thread, kind, 0, allocator, address, size);
}

void hooks_capture_leaving(struct hooks_thread *thread, unsigned allocator, uint64_t address, uint64_t size)
{
    capture_free(thread, DWUNW_KIND_FREE, DWUNW_FLAG_MOVES, allocator, address, size);
}

bool hooks_capture_move(struct hooks_thread *thread, unsigned allocator, uint64_t from, uint64_t to, uint64_t size,
                        uint64_t kept)
{
    struct dwunw_move record;
    memset(&record, 0, sizeof(record));
    fill_free(thread, &record.head, DWUNW_KIND_MOVE, allocator, to, size);
    record.old_address = from;
    record.kept = kept;
    uint64_t unused = 0;
    return write_short(thread, &record.head, sizeof(record), &unused);
}

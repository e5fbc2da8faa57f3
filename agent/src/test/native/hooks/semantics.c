/* SPDX-License-Identifier: MIT
 *
 * What an application can observe of the wrapped functions, and what their records say: failures, errno, realloc in all
 * its cases, partial unmapping, registers and stack, forks, signal handlers, foreign stacks. Interval 1.
 */
#define _GNU_SOURCE
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define PAGE 4096u

static volatile size_t huge = (size_t) PTRDIFF_MAX + 1000; /* volatile: the compiler knows too much about malloc */
static void *volatile sink;

static struct {
    unsigned count;
    struct dwunw_free heads[64];
    struct dwunw_allocation last;
    uint8_t stack[131072];
} seen;

static void keep(const struct dwunw_free *record, uint32_t length, void *context)
{
    (void) context;
    CHECK(seen.count < 64, "too many records");
    seen.heads[seen.count++] = *record;
    if (record->kind == DWUNW_KIND_ALLOCATION) {
        const struct dwunw_allocation *sample = (const struct dwunw_allocation *) (const void *) record;
        memcpy(&seen.last, sample, sizeof(seen.last));
        memcpy(seen.stack, sample->stack, length - sizeof(*sample));
    }
}

static void drain(void)
{
    seen.count = 0;
    door_drain(keep, NULL);
}

static void expect(unsigned index, unsigned kind, unsigned allocator, const void *address, uint64_t size)
{
    const struct dwunw_free *r = &seen.heads[index];
    CHECK(index < seen.count && r->kind == kind && r->allocator == allocator && r->address == (uintptr_t) address
              && r->size == size,
          "record %u of %u: kind %u allocator %u address %lx size %lu; expected %u %u %p %lu", index, seen.count,
          r->kind, r->allocator, r->address, r->size, kind, allocator, address, size);
}

static void expect_count(unsigned count)
{
    CHECK(seen.count == count, "%u records instead of %u", seen.count, count);
}

static void failures(void)
{
    drain();
    errno = 77;
    sink = malloc(huge);
    CHECK(sink == NULL && errno == ENOMEM, "malloc, errno %d", errno);
    errno = 77;
    sink = calloc(huge, 8);
    CHECK(sink == NULL && errno == ENOMEM, "calloc overflow, errno %d", errno);
    errno = 77;
    sink = calloc(huge / 2, 1u << 20);
    CHECK(sink == NULL && errno == ENOMEM, "calloc overflow, errno %d", errno);
    errno = 77;
    sink = reallocarray(NULL, huge, 16);
    CHECK(sink == NULL && errno == ENOMEM, "reallocarray overflow, errno %d", errno);
    errno = 77;
    void *out = &seen;
    CHECK(posix_memalign(&out, 3, 100) == EINVAL && out == &seen && errno == 77, "posix_memalign, errno %d", errno);
    CHECK(posix_memalign(&out, 64, huge) == ENOMEM && out == &seen, "posix_memalign, errno %d", errno);
    errno = 77;
    CHECK(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == EINVAL, "mmap");
    CHECK(munmap((void *) 1, PAGE) == -1 && errno == EINVAL, "munmap");
    drain();
    expect_count(0);

    errno = 77;
    char *p = malloc(10);
    CHECK(errno == 77, "malloc changed errno to %d", errno);
    free(p);
    free(NULL);
    CHECK(errno == 77, "free changed errno to %d", errno);
    drain();
    expect_count(2);
    expect(0, DWUNW_KIND_ALLOCATION, DWUNW_MALLOC, p, 10);
    expect(1, DWUNW_KIND_FREE, DWUNW_FREE, p, 0);
    CHECK(seen.heads[0].time_ns <= seen.heads[1].time_ns && seen.heads[0].interval == 1, "time, interval");
    CHECK(seen.heads[0].tid == (uint32_t) syscall(SYS_gettid) && seen.heads[0].pid == (uint32_t) getpid(), "ids");
}

static void reallocations(void)
{
    void *p = realloc(NULL, 100);
    memset(p, 5, 100);
    drain();
    expect_count(1);
    expect(0, DWUNW_KIND_ALLOCATION, DWUNW_REALLOC, p, 100);
    errno = 77;
    CHECK(realloc(p, huge) == NULL && errno == ENOMEM, "realloc");
    drain();
    expect_count(2);
    expect(0, DWUNW_KIND_FREE, DWUNW_REALLOC, p, 0);
    expect(1, DWUNW_KIND_UNFREE, DWUNW_REALLOC, p, 0);
    CHECK(reallocarray(p, huge, 8) == NULL, "reallocarray");
    drain();
    expect_count(0);
    size_t room = malloc_usable_size(p);
    unsigned char *q = realloc(p, 200000);
    CHECK(q[99] == 5, "contents");
    drain();
    expect_count(3);
    expect(0, DWUNW_KIND_FREE, DWUNW_REALLOC, p, 0);
    expect(1, DWUNW_KIND_MOVE, DWUNW_REALLOC, q, 200000);
    expect(2, DWUNW_KIND_ALLOCATION, DWUNW_REALLOC, q, 200000);
    CHECK(seen.last.drawn == 200000 - room && seen.heads[2].flags & DWUNW_FLAG_GROWN, "%lu drawn", seen.last.drawn);
    CHECK(seen.heads[0].flags == DWUNW_FLAG_MOVES, "flags %x", seen.heads[0].flags);
    sink = realloc(q, 0);
    CHECK(sink == NULL, "glibc frees");
    drain();
    expect_count(1);
    expect(0, DWUNW_KIND_FREE, DWUNW_REALLOC, q, 0);
    CHECK(seen.heads[0].flags == 0, "flags %x", seen.heads[0].flags);
    p = malloc(0);
    CHECK(p != NULL, "malloc(0)");
    free(p);
    drain();
    expect_count(2);
    expect(0, DWUNW_KIND_ALLOCATION, DWUNW_MALLOC, p, 0);
}

static char *map(void *at, size_t size, int flags)
{
    char *p = mmap(at, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
    CHECK(p != MAP_FAILED, "mmap");
    return p;
}

static void mappings(void)
{
    char *p = map(NULL, 10 * PAGE - 1, 0);
    drain();
    expect_count(1);
    expect(0, DWUNW_KIND_ALLOCATION, DWUNW_MMAP, p, 10 * PAGE - 1);
    munmap(p, PAGE);            /* the head */
    munmap(p + 9 * PAGE, PAGE); /* the tail */
    munmap(p + 4 * PAGE, 1);    /* a page in the middle */
    drain();
    expect_count(3);
    expect(0, DWUNW_KIND_FREE, DWUNW_MUNMAP, p, PAGE);
    expect(1, DWUNW_KIND_FREE, DWUNW_MUNMAP, p + 9 * PAGE, PAGE);
    expect(2, DWUNW_KIND_FREE, DWUNW_MUNMAP, p + 4 * PAGE, PAGE);
    char *over = map(p + 3 * PAGE, 3 * PAGE, MAP_FIXED); /* over the hole and a page on either side */
    CHECK(over == p + 3 * PAGE, "fixed");
    drain();
    expect_count(3);
    CHECK(seen.heads[0].size + seen.heads[1].size == 2 * PAGE && seen.heads[1].kind == DWUNW_KIND_FREE, "replaced");
    expect(2, DWUNW_KIND_ALLOCATION, DWUNW_MMAP, over, 3 * PAGE);
    munmap(p, 10 * PAGE);
    drain();
    CHECK(seen.count == 3, "what was left: %u", seen.count);

    p = map(NULL, 4 * PAGE, 0);
    CHECK(mremap(p, 4 * PAGE, (size_t) 1 << 50, MREMAP_MAYMOVE) == MAP_FAILED, "mremap");
    char *q = mremap(p, 4 * PAGE, 400 * PAGE, MREMAP_MAYMOVE);
    CHECK(q != MAP_FAILED, "mremap");
    drain();
    expect_count(6);
    expect(1, DWUNW_KIND_FREE, DWUNW_MREMAP, p, 4 * PAGE);
    expect(2, DWUNW_KIND_UNFREE, DWUNW_MREMAP, p, 4 * PAGE);
    expect(3, DWUNW_KIND_FREE, DWUNW_MREMAP, p, 4 * PAGE);
    expect(4, DWUNW_KIND_MOVE, DWUNW_MREMAP, q, 4 * PAGE);
    expect(5, DWUNW_KIND_ALLOCATION, DWUNW_MREMAP, q, 400 * PAGE);
    CHECK(seen.last.drawn == 396 * PAGE, "%lu drawn", seen.last.drawn);
    char *target = map(NULL, 400 * PAGE, 0);
    CHECK(mremap(q, 400 * PAGE, 400 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, target) == target, "fifth argument");
    drain();
    expect_count(4);
    expect(1, DWUNW_KIND_FREE, DWUNW_MREMAP, q, 400 * PAGE);
    expect(2, DWUNW_KIND_FREE, DWUNW_MUNMAP, target, 400 * PAGE);
    expect(3, DWUNW_KIND_MOVE, DWUNW_MREMAP, target, 400 * PAGE);
    CHECK(mremap(target, 400 * PAGE, 3 * PAGE, 0) == target, "mremap");
    drain();
    expect_count(2);
    expect(0, DWUNW_KIND_FREE, DWUNW_MREMAP, target, 400 * PAGE);
    expect(1, DWUNW_KIND_MOVE, DWUNW_MREMAP, target, 3 * PAGE);
    munmap(target, 400 * PAGE);
    drain();
    expect_count(1);
}

/* Fills the registers that a callee must save, calls malloc, and says what rsp and the return address were. The stack
 * is off its alignment by out[0] bytes. */
static void *marked_malloc(uint64_t size, uint64_t out[2])
{
    void *result;
    __asm__ volatile("push %%rbp\n\t push %%rbx\n\t push %%r12\n\t push %%r13\n\t push %%r14\n\t push %%r15\n\t"
                     "push %[out]\n\t mov %%rsp, %%r15\n\t and $-16, %%rsp\n\t sub (%[out]), %%rsp\n\t"
                     "mov %%rsp, (%[out])\n\t lea 1f(%%rip), %%rax\n\t mov %%rax, 8(%[out])\n\t"
                     "mov $0x1111, %%ebx\n\t mov $0x2222, %%ebp\n\t mov $0x3333, %%r12d\n\t mov $0x4444, %%r13d\n\t"
                     "mov $0x5555, %%r14d\n\t"
                     "call malloc@plt\n\t"
                     "1: mov %%r15, %%rsp\n\t pop %%rdx\n\t"
                     "pop %%r15\n\t pop %%r14\n\t pop %%r13\n\t pop %%r12\n\t pop %%rbx\n\t pop %%rbp"
                     : "=a"(result), "+D"(size)
                     : [out] "S"(out)
                     : "rcx", "rdx", "r8", "r9", "r10", "r11", "memory", "cc");
    return result;
}

static void registers(unsigned misaligned)
{
    volatile uint64_t mark = 0xfeedfacecafebeefu;
    uint64_t at[2] = {misaligned, 0};
    free(malloc(40)); /* what libc has at hand it gives with any stack */
    drain();
    void *p = marked_malloc(40, at);
    drain();
    expect_count(1);
    expect(0, DWUNW_KIND_ALLOCATION, DWUNW_MALLOC, p, 40);
    const uint64_t *r = seen.last.registers;
    CHECK(r[0] == (uintptr_t) p && r[3] == 0x1111 && r[6] == 0x2222 && r[12] == 0x3333 && r[13] == 0x4444
              && r[14] == 0x5555,
          "rax %lx rbx %lx rbp %lx r12 %lx r13 %lx r14 %lx", r[0], r[3], r[6], r[12], r[13], r[14]);
    CHECK(r[7] == at[0] && r[16] == at[1] && seen.last.return_address == at[1], "rsp %lx not %lx, pc %lx not %lx", r[7],
          at[0], r[16], at[1]);
    CHECK(seen.heads[0].flags == DWUNW_FLAG_AT_RETURN, "flags %x", seen.heads[0].flags);
    CHECK(seen.last.stack_base == at[0], "base");
    uint64_t offset = (uintptr_t) &mark - seen.last.stack_base;
    uint64_t copied = 0;
    CHECK(offset + 8 <= seen.last.stack_length, "%lu of %u", offset, seen.last.stack_length);
    memcpy(&copied, seen.stack + offset, 8);
    CHECK(copied == mark, "stack bytes %lx", copied);
    free(p);
}

__attribute__((noinline)) static void *deep(void *argument)
{
    volatile char room[50000];
    room[0] = 1;
    sink = malloc(33);
    free(sink);
    void *result = argument == NULL ? NULL : deep(NULL);
    room[1] = room[0]; /* not a tail call */
    return result;
}

static void run_thread(void *(*body)(void *), void *argument)
{
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, body, argument) == 0, "thread");
    pthread_join(thread, NULL);
}

/* The snapshot ends where the thread's stack does, or at the limit. */
static void stack_limits(void)
{
    drain();
    run_thread(deep, NULL);
    drain();
    expect_count(2);
    CHECK(seen.heads[0].flags == DWUNW_FLAG_AT_RETURN && seen.last.stack_length > 50000
              && seen.last.stack_length < 54000,
          "one level: flags %x, %u bytes", seen.heads[0].flags, seen.last.stack_length);
    run_thread(deep, &seen);
    drain();
    expect_count(4);
    CHECK(seen.heads[2].flags == (DWUNW_FLAG_AT_RETURN | DWUNW_FLAG_STACK_CUT) && seen.last.stack_length == 65536,
          "two levels: flags %x, %u bytes", seen.heads[2].flags, seen.last.stack_length);
}

static ucontext_t main_context, other_context;

static void coroutine(void)
{
    sink = malloc(44);
    swapcontext(&other_context, &main_context);
}

/* A stack that is unknown to libc, with an unreadable page behind it. */
static void foreign_stack(void)
{
    char *stack = map(NULL, 9 * PAGE, 0);
    mprotect(stack + 8 * PAGE, PAGE, PROT_NONE);
    getcontext(&other_context);
    other_context.uc_stack.ss_sp = stack;
    other_context.uc_stack.ss_size = 8 * PAGE;
    makecontext(&other_context, coroutine, 0);
    drain();
    swapcontext(&main_context, &other_context);
    drain();
    expect_count(1);
    expect(0, DWUNW_KIND_ALLOCATION, DWUNW_MALLOC, sink, 44);
    CHECK(seen.heads[0].flags == (DWUNW_FLAG_AT_RETURN | DWUNW_FLAG_STACK_FAULT)
              && seen.last.stack_base + seen.last.stack_length == (uintptr_t) stack + 8 * PAGE,
          "flags %x, %lx + %u, top %p", seen.heads[0].flags, seen.last.stack_base, seen.last.stack_length,
          (void *) (stack + 8 * PAGE));
    free(sink);
    munmap(stack, 9 * PAGE);
    drain();
}

static void handler(int signal)
{
    (void) signal;
    sink = malloc(55);
}

static void signal_stack(void)
{
    stack_t alternate = {.ss_size = 16 * PAGE};
    alternate.ss_sp = map(NULL, alternate.ss_size, 0);
    CHECK(sigaltstack(&alternate, NULL) == 0, "sigaltstack");
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
    sigaction(SIGUSR1, &action, NULL);
    drain();
    raise(SIGUSR1);
    drain();
    expect_count(1);
    CHECK(seen.last.stack_base + seen.last.stack_length == (uintptr_t) alternate.ss_sp + alternate.ss_size
              && seen.heads[0].flags == DWUNW_FLAG_AT_RETURN,
          "flags %x, %u bytes", seen.heads[0].flags, seen.last.stack_length);
    free(sink);
    alternate.ss_flags = SS_DISABLE;
    sigaltstack(&alternate, NULL);
    munmap(alternate.ss_sp, 16 * PAGE);
    drain();
}

/* The child's allocations go nowhere: not into its own copy of the ring, which it never reads, and not into ours. */
static void child_process(bool raw)
{
    void *p = malloc(66);
    drain();
    struct door_counters before, after;
    door_counters(&before);
    long child = raw ? syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) : fork();
    if (child == 0) {
        for (int i = 0; i < 1000; i++) {
            sink = malloc(100);
            free(sink);
        }
        free(p);
        door_counters(&after);
        _exit(after.sampled == before.sampled && after.freed == before.freed && after.lost == before.lost ? 0 : 1);
    }
    int status = 0;
    CHECK(waitpid((pid_t) child, &status, 0) == child && status == 0, "child: status %x", status);
    door_counters(&after);
    CHECK(after.sampled == before.sampled && after.lost == before.lost, "the child's samples came here");
    free(p);
    drain();
    expect_count(1);
    expect(0, DWUNW_KIND_FREE, DWUNW_FREE, p, 0);
}

/* A vfork child runs in this memory; it must not sample either. */
static void vfork_child(void)
{
    drain();
    pid_t child = vfork();
    if (child == 0) {
        sink = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        _exit(sink == MAP_FAILED);
    }
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child && status == 0, "child: status %x", status);
    drain();
    expect_count(0);
    munmap(sink, PAGE);
}

int main(void)
{
    CHECK(door_open(1 << 20, 65536, 1) == 0, "open");
    CHECK(door_attach(true) > 0, "attach");
    failures();
    reallocations();
    mappings();
    registers(0);
    drain();
    registers(8);
    drain();
    stack_limits();
    foreign_stack();
    signal_stack();
    child_process(false);
    child_process(true);
    vfork_child();
    struct door_counters c;
    door_counters(&c);
    CHECK(c.lost == 0 && c.lost_frees == 0 && c.untracked == 0 && c.unpatched == 0, "lost");
    door_detach();
    sink = malloc(1);
    free(sink);
    drain();
    expect_count(0);
    printf("ok\n");
    return 0;
}

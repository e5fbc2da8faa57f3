/* SPDX-License-Identifier: MIT
 *
 * Allocations on stacks of every kind: a thread's own, one that the program gave it, the smallest there may be, a
 * coroutine's, a signal handler's; all with an unmapped page right above. Nothing faults, no byte from beyond is
 * copied, and what is copied is the stack's contents up to its end. stacks [any word, if process_vm_readv is to be
 * forbidden]
 */
#define _GNU_SOURCE
#include "check.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define PAGE 4096ul
#define STACK_BYTES (16 * PAGE)
#define MARK 0x5a17c0de5a17c0deull

static struct dwunw_allocation header;
static uint8_t bytes[1 << 17];
static unsigned seen;

static void keep(const struct dwunw_free *record, uint32_t length, void *context)
{
    if (record->kind == DWUNW_KIND_ALLOCATION && record->size == *(size_t *) context) {
        memcpy(&header, record, sizeof(header));
        memcpy(bytes, (const uint8_t *) record + sizeof(header), length - sizeof(header));
        seen++;
    }
}

/* Allocates below a frame that holds the mark. */
static __attribute__((noinline)) void allocate(size_t size)
{
    volatile uint64_t mark[4] = {MARK, size, MARK, size};
    void *volatile p = malloc(size);
    free(p);
    CHECK(mark[0] == MARK && mark[1] == size, "the frame is damaged");
}

static uint8_t *new_stack(void)
{
    uint8_t *stack = mmap(NULL, STACK_BYTES + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(stack != MAP_FAILED && mprotect(stack + STACK_BYTES, PAGE, PROT_NONE) == 0, "stack");
    return stack;
}

/* `end` = where the stack ends, 0 if somewhere in libc. */
static void check(const char *what, size_t size, uintptr_t end)
{
    seen = 0;
    door_drain(keep, &size);
    CHECK(seen == 1, "%s: %u samples", what, seen);
    uint64_t mark[4] = {MARK, size, MARK, size};
    CHECK(memmem(bytes, header.stack_length, mark, sizeof(mark)) != NULL, "%s: not the stack's contents", what);
    if (end != 0) {
        CHECK(header.stack_base + header.stack_length <= end, "%s: %u bytes go too far", what, header.stack_length);
        CHECK(header.stack_base + header.stack_length > end - 2 * PAGE, "%s: only %u bytes", what, header.stack_length);
        CHECK(!(header.head.flags & DWUNW_FLAG_STACK_CUT), "%s: flags %x", what, header.head.flags);
    }
}

static ucontext_t here, there;

static void coroutine(void)
{
    allocate(2001);
}

static void *thread(void *argument)
{
    (void) argument;
    allocate(2002);
    return NULL;
}

static void handle(int signal)
{
    (void) signal;
    allocate(2003);
}

static void *coroutine_in_thread(void *stack)
{
    allocate(2004); /* so that the thread's own bounds are known */
    getcontext(&there);
    there.uc_stack.ss_sp = stack;
    there.uc_stack.ss_size = STACK_BYTES;
    there.uc_link = &here;
    makecontext(&there, coroutine, 0);
    swapcontext(&here, &there);
    return NULL;
}

static void run(void *(*body)(void *), uint8_t *stack, void *argument)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    if (stack != NULL) {
        CHECK(pthread_attr_setstack(&attributes, stack, STACK_BYTES) == 0, "setstack");
    } else if (argument == NULL) {
        CHECK(pthread_attr_setstacksize(&attributes, (size_t) PTHREAD_STACK_MIN) == 0, "setstacksize");
    }
    pthread_t id;
    CHECK(pthread_create(&id, &attributes, body, argument) == 0, "thread");
    pthread_join(id, NULL);
}

int main(int argc, char **argv)
{
    (void) argv;
    if (argc > 1) {
        door_refuse(SYS_process_vm_readv, 0, EPERM);
    }
    CHECK(door_open(1 << 20, 65536, 1) == 0 && door_attach(true) > 0, "attach");
    allocate(2000);
    check("main thread", 2000, 0);

    uint8_t *stack = new_stack();
    /* The other way of reading does not mind whether a page is protected. */
    uintptr_t end = argc > 1 ? 0 : (uintptr_t) stack + STACK_BYTES;
    run(coroutine_in_thread, NULL, stack);
    check("coroutine", 2001, end);
    coroutine_in_thread(stack);
    check("coroutine of the main thread", 2001, end);

    run(thread, NULL, stack);
    check("thread", 2002, 0);
    run(thread, NULL, NULL);
    check("thread with the smallest stack", 2002, 0);
    run(thread, stack, NULL);
    check("thread on a stack it was given", 2002, (uintptr_t) stack + STACK_BYTES);

    stack_t alternate = {.ss_sp = new_stack(), .ss_size = STACK_BYTES};
    sigaltstack(&alternate, NULL);
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_ONSTACK};
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    check("signal handler", 2003, (uintptr_t) alternate.ss_sp + STACK_BYTES);
    printf("ok\n");
    return 0;
}

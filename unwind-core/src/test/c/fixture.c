/* SPDX-License-Identifier: MIT */
/* The foreign-architecture fixture: takes snapshots below frames of different shapes and prints them. It has its own
 * entry point, so that every frame up to the end of the stack lies in this file. Built and recorded by
 * src/test/c/fixtures. */
#include "snapshot.h"
#include <alloca.h>
#include <setjmp.h>
#include <signal.h>

struct step {
    int (*call)(int, const struct step *, volatile char *);
};

/* Many live values: callee-saved registers have to be saved and restored. */
__attribute__((noinline)) static int busy(int depth, const struct step *next, volatile char *seed)
{
    int a = seed[0], b = seed[1], c = seed[2], d = seed[3], e = seed[4], f = seed[5], g = seed[6], h = seed[7];
    int below = next->call(depth - 1, next + 1, seed);
    return below + a * 3 + b * 5 + c * 7 + d * 11 + e * 13 + f * 17 + g * 19 + h * 23;
}

/* A frame of run-time size: only the frame pointer knows where it ends. */
__attribute__((noinline)) static int dynamic(int depth, const struct step *next, volatile char *seed)
{
    volatile char *room = alloca(64 + depth * 48);
    room[0] = seed[0];
    return next->call(depth - 1, next + 1, seed) + room[0];
}

/* A frame too large for a single instruction's immediate operand. */
__attribute__((noinline)) static int large(int depth, const struct step *next, volatile char *seed)
{
    volatile char room[33000];
    room[depth] = seed[1];
    return next->call(depth - 1, next + 1, seed) + room[depth];
}

__attribute__((noinline)) static int small(int depth, const struct step *next, volatile char *seed)
{
    return next->call(depth - 1, next + 1, seed) + 1;
}

__attribute__((noinline)) static int end(int depth, const struct step *next, volatile char *seed)
{
    snapshot(stdout, depth < 4 ? "short" : "long");
    return depth + seed[2] + (next->call != 0);
}

static sigjmp_buf after;

static void on_fault(int number)
{
    snapshot(stdout, "signal");
    siglongjmp(after, number);
}

static void on_fault_with_info(int number, siginfo_t *info, void *context)
{
    snapshot(stdout, "siginfo");
    exit(number == 0 || info == context);
}

/* Interrupted between two instructions, with callee-saved registers in use. */
__attribute__((noinline)) static int fault(int depth, const struct step *next, volatile char *seed)
{
    int a = seed[0], b = seed[1], c = seed[2];
    volatile int *volatile nowhere = (volatile int *) (uintptr_t) (next->call ? depth : 8);
    *nowhere = a;
    return a + b + c + seed[3] + *nowhere;
}

void fixture_main(void)
{
    static volatile char seed[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    static const struct step few[] = {{small}, {busy}, {end}, {0}};
    static const struct step many[] = {{busy},    {small},   {dynamic}, {busy},  {large}, {small}, {busy},
                                       {dynamic}, {dynamic}, {busy},    {small}, {end},   {0}};
    volatile int sum = few[0].call(3, few + 1, seed);
    sum += many[0].call(20, many + 1, seed);
    static const struct step faulting[] = {{small}, {busy}, {dynamic}, {fault}, {0}};
    struct sigaction action = {.sa_sigaction = on_fault_with_info, .sa_flags = SA_SIGINFO};
    signal(SIGSEGV, on_fault);
    signal(SIGBUS, on_fault);
    if (sigsetjmp(after, 1) == 0) {
        sum += faulting[0].call(4, faulting + 1, seed);
    }
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    sum += faulting[0].call(4, faulting + 1, seed);
    exit(sum == 0);
}

#if defined(__aarch64__)
__asm__(".globl _start\n.type _start, %function\n_start:\n\t.cfi_startproc\n\t.cfi_undefined x30\n\t"
        "mov x29, #0\n\tmov x30, #0\n\tbl fixture_main\n\tbrk #1\n\t.cfi_endproc\n\t.size _start, .-_start");
#elif defined(__mips__)
__asm__(".globl __start\n.type __start, @function\n.ent __start\n__start:\n\t.cfi_startproc\n\t.cfi_undefined 31\n\t"
        ".set push\n\t.set noreorder\n\tbal 1f\n\tnop\n1:\n\t.cpload $31\n\taddiu $29, $29, -32\n\t"
        "la $25, fixture_main\n\tjalr $25\n\tnop\n\tbreak\n\t.set pop\n\t.cfi_endproc\n\t.end __start\n\t"
        ".size __start, .-__start");
#endif

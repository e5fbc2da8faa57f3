/* SPDX-License-Identifier: MIT
 *
 * A signal handler that leaves by siglongjmp, from one instruction of the hooks after the other: the calls after it are
 * sampled like those before, by this thread and by others, the reader gets all of them, and no room is left behind.
 */
#define _GNU_SOURCE
#include "check.h"

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define TRAP_FLAG 0x100
/* Odd, so that in the course of the runs each part of the code is hit. */
#define STRIDE 17
#define SIZE 4321
/* Room for 96 records with stacks: a record lost at each leap would be too much. */
#define QUEUE_BYTES (128 << 10)
#define DEEPER_CALLS 100
/* More than may be taken for those of a handler, where this has its stack below that of the call that was left. */
#define DOUBTED_CALLS 70

static sigjmp_buf back;
static uintptr_t hooks_low, hooks_high;
static unsigned long steps, leap_at;
static unsigned long births, deaths;
static uint64_t wanted;

static int find_hooks(struct dl_phdr_info *info, size_t size, void *context)
{
    (void) size;
    (void) context;
    for (int i = 0; strstr(info->dlpi_name, "libhooks.so") != NULL && i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        if (header->p_type == PT_LOAD && (header->p_flags & PF_X)) {
            hooks_low = info->dlpi_addr + header->p_vaddr;
            hooks_high = hooks_low + header->p_memsz;
        }
    }
    return 0;
}

/* After each instruction. */
static void stepped(int signal, siginfo_t *info, void *context)
{
    (void) signal;
    (void) info;
    uintptr_t pc = (uintptr_t) ((ucontext_t *) context)->uc_mcontext.gregs[REG_RIP];
    if (pc >= hooks_low && pc < hooks_high && ++steps == leap_at) {
        siglongjmp(back, 1);
    }
}

static __attribute__((noinline)) void step(bool on)
{
    unsigned long flags;
    __asm__ volatile("pushfq; pop %0" : "=r"(flags));
    flags = on ? flags | TRAP_FLAG : flags & ~(unsigned long) TRAP_FLAG;
    __asm__ volatile("push %0; popfq" : : "r"(flags) : "cc");
}

static void count(const struct dwunw_free *record, uint32_t length, void *context)
{
    (void) length;
    (void) context;
    births += record->kind == DWUNW_KIND_ALLOCATION && record->address == wanted;
    deaths += record->kind == DWUNW_KIND_FREE && record->address == wanted;
}

static void check_pair(const char *who)
{
    wanted = 0;
    door_drain(count, NULL); /* what the call that was left had done may be of the same block */
    for (int i = 0; i < DOUBTED_CALLS; i++) {
        void *volatile doubted = malloc(1);
        free(doubted);
    }
    door_drain(count, NULL);
    void *volatile p = malloc(SIZE);
    wanted = (uint64_t) (uintptr_t) p;
    free(p);
    births = 0;
    deaths = 0;
    door_drain(count, NULL);
    CHECK(births == 1 && deaths == 1, "%s, leap at %lu: %lu births, %lu deaths", who, leap_at, births, deaths);
}

static void *other(void *argument)
{
    for (int i = 0; i < 10; i++) {
        check_pair("another thread");
    }
    return argument;
}

/* With less stack than where the leap came from: it cannot be distinguished from a handler's calls at once. */
static __attribute__((noinline)) unsigned deeper(void)
{
    volatile char room[8192];
    memset((char *) room, 1, sizeof(room));
    unsigned sampled = 0;
    for (int i = 0; i < DEEPER_CALLS; i++) {
        void *volatile p = malloc(SIZE);
        wanted = (uint64_t) (uintptr_t) p;
        free(p);
        births = 0;
        door_drain(count, NULL);
        sampled += births == 1;
    }
    return sampled;
}

/* Whether it leapt. */
static __attribute__((noinline)) bool leap(void)
{
    steps = 0;
    if (sigsetjmp(back, 1) != 0) {
        return true;
    }
    step(true);
    void *volatile p = malloc(SIZE);
    free(p);
    step(false);
    return false;
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = stepped, .sa_flags = SA_SIGINFO};
    sigaction(SIGTRAP, &action, NULL);
    dl_iterate_phdr(find_hooks, NULL);
    CHECK(hooks_low != 0, "no libhooks.so");
    CHECK(door_open(QUEUE_BYTES, 256, 1) == 0 && door_attach(true) > 0, "attach");
    unsigned long leaps = 0;
    for (leap_at = 1; leap(); leap_at += STRIDE) {
        leaps++;
        if (leaps % 8 == 0) {
            unsigned sampled = deeper();
            CHECK(sampled >= DEEPER_CALLS / 4, "leap at %lu: %u of %d calls sampled", leap_at, sampled, DEEPER_CALLS);
        }
        check_pair("this thread");
        if (leaps % 8 == 1) {
            pthread_t thread;
            CHECK(pthread_create(&thread, NULL, other, NULL) == 0 && pthread_join(thread, NULL) == 0, "thread");
        }
    }
    CHECK(leaps > 30, "%lu leaps", leaps);
    struct door_counters c;
    door_counters(&c);
    CHECK(c.lost == 0 && c.lost_frees == 0, "lost %lu and %lu", c.lost, c.lost_frees);
    CHECK(door_detach() > 0, "detach");
    printf("ok: %lu leaps\n", leaps);
    return 0;
}

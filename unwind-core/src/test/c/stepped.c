/* SPDX-License-Identifier: MIT */
/* What steps.c executes: as many kinds of code as fit into some hundred thousand instructions. */
#define _GNU_SOURCE
#include <alloca.h>
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static volatile int sink;
static volatile sig_atomic_t handled;

/* Many live values, so that prologue and epilogue have much to save. */
__attribute__((noinline)) static int busy(int depth, volatile char *seed)
{
    int a = seed[0], b = seed[1], c = seed[2], d = seed[3], e = seed[4], f = seed[5];
    int below = depth ? busy(depth - 1, seed) : 0;
    return below + a * 3 + b * 5 + c * 7 + d * 11 + e * 13 + f * 17;
}

__attribute__((noinline)) static int dynamic(int size)
{
    volatile char *room = alloca(size);
    memset((char *) room, 1, size);
    return room[size / 2] + busy(3, room);
}

__attribute__((noinline)) static int realigned(void)
{
    volatile char room[200] __attribute__((aligned(64)));
    memset((char *) room, 2, sizeof room);
    return busy(1, room);
}

static int compare(const void *left, const void *right)
{
    return *(const int *) left - *(const int *) right;
}

static void on_signal(int number, siginfo_t *info, void *context)
{
    handled += number && info && context && strlen("in a handler");
}

static void on_fault(int number)
{
    handled += number;
    (void) signal(number, SIG_IGN);
}

static void signals(void)
{
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    kill(getpid(), SIGUSR1);
    signal(SIGTRAP + 1, on_fault);
    raise(SIGTRAP + 1);
}

static void clocks(void)
{
    struct timespec now;
    for (int i = 0; i < 20; i++) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        clock_gettime(CLOCK_REALTIME_COARSE, &now);
        sink += (int) time(NULL) + (int) now.tv_nsec;
    }
}

static void libraries(void)
{
    void *library = dlopen("libz.so.1", RTLD_LAZY);
    unsigned long (*crc)(unsigned long, const void *, unsigned) = library ? dlsym(library, "crc32") : NULL;
    int (*compress)(void *, unsigned long *, const void *, unsigned long) = library ? dlsym(library, "compress") : NULL;
    if (crc && compress) {
        char packed[200];
        unsigned long size = sizeof packed;
        sink += (int) crc(0, "123456789", 9);
        sink += compress(packed, &size, "to be or not to be, that is the question", 41);
        dlclose(library);
    }
}

static void bye(void)
{
    sink++;
}

int main(int count, char **arguments)
{
    volatile char seed[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    char text[100];
    int numbers[40];
    for (int i = 0; i < 40; i++) {
        numbers[i] = 7919 * i % 41;
    }
    atexit(bye);
    sink = busy(5, seed) + dynamic(100 + count) + realigned();
    qsort(numbers, 40, sizeof numbers[0], compare);
    snprintf(text, sizeof text, "%s %d %.3f %p", arguments[0], numbers[3], strtod("1.5e3", NULL), (void *) text);
    char *copy = strdup(text);
    copy = realloc(copy, 300000);
    sink += (int) strtol(copy, NULL, 16) + (strstr(copy, "step") != NULL);
    free(copy);
    signals();
    clocks();
    libraries();
    puts(text);
    return 0;
}

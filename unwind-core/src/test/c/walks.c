/* SPDX-License-Identifier: MIT */
/* Calls snapshot() from deep inside different libraries. Usage: walks OUTPUT */
#include "snapshot.h"
#include <dlfcn.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

/* Emits the CFI twice, so that one of them may be stripped and still be compared with the other. */
#ifdef DEBUG_FRAME_TOO
__asm__(".cfi_sections .eh_frame, .debug_frame");
#endif

static FILE *out;

static int compare(const void *left, const void *right)
{
    static int done;
    if (!done++) {
        snapshot(out, "qsort");
    }
    return *(const int *) left - *(const int *) right;
}

__attribute__((noinline)) static void in_qsort(void)
{
    int numbers[300];
    for (int i = 0; i < 300; i++) {
        numbers[i] = 7919 * i % 301;
    }
    qsort(numbers, 300, sizeof numbers[0], compare);
}

__attribute__((noinline)) static int recurse(int depth, volatile char *padding)
{
    volatile char local[64];
    local[0] = padding[0];
    if (depth == 0) {
        snapshot(out, "recursion");
        return local[0];
    }
    return recurse(depth - 1, local) + local[0] + 1;
}

static void on_signal(int number)
{
    snapshot(out, number == SIGUSR1 ? "signal" : "signal-stack");
}

__attribute__((noinline)) static void in_signals(void)
{
    static char alternate[1 << 18];
    stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    /* A fault is delivered at an instruction, not at a call. */
    (void) stack;
}

static void *alloc(void *opaque, unsigned items, unsigned size)
{
    static int done;
    if (!done++) {
        snapshot(out, "zlib");
    }
    (void) opaque;
    return calloc(items, size);
}

static void release(void *opaque, void *address)
{
    (void) opaque;
    free(address);
}

/* The public layout of z_stream, so that no header package is needed. */
struct z_stream {
    const void *next_in;
    unsigned avail_in;
    unsigned long total_in;
    void *next_out;
    unsigned avail_out;
    unsigned long total_out;
    const char *msg;
    void *state;
    void *(*zalloc)(void *, unsigned, unsigned);
    void (*zfree)(void *, void *);
    void *opaque;
    int data_type;
    unsigned long adler;
    unsigned long reserved;
};

__attribute__((noinline)) static void in_zlib(void)
{
    void *library = dlopen("libz.so.1", RTLD_NOW);
    if (!library) {
        return;
    }
    int (*init)(struct z_stream *, int, const char *, int) = dlsym(library, "deflateInit_");
    struct z_stream stream = {.zalloc = alloc, .zfree = release};
    init(&stream, 6, "1.2.11", sizeof stream);
}

static void *thread(void *argument)
{
    volatile int x = 0;
    snapshot(out, argument);
    return (void *) (uintptr_t) x;
}

__attribute__((noinline)) static void in_thread(void)
{
    pthread_t id;
    pthread_create(&id, NULL, thread, "thread");
    pthread_join(id, NULL);
}

static void at_exit(void)
{
    snapshot(out, "exit");
}

int main(int count, char **arguments)
{
    out = count > 1 ? fopen(arguments[1], "w") : stdout;
    in_qsort();
    volatile int sum = recurse(40, "x");
    in_signals();
    in_zlib();
    in_thread();
    atexit(at_exit);
    return sum == 12345;
}

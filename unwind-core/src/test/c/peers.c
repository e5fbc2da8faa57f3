/* What other unwinders need for the walk that NativeWalkBenchmark does, each in its usual mode: libgcc by
 * _Unwind_Backtrace, libunwind (if it is installed) by unw_step in the local process. Prints nanoseconds per walk. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unwind.h>

#define FRAMES 30
#define ROUNDS 20000

static double nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1e9 + now.tv_nsec;
}

static _Unwind_Reason_Code count(struct _Unwind_Context *context, void *frames) {
    return _Unwind_GetIP(context) && ++*(int *) frames < FRAMES ? _URC_NO_REASON : _URC_END_OF_STACK;
}

static void libgcc(void) {
    int frames = 0;
    double start = nanoseconds();
    for (int i = 0; i < ROUNDS; i++) {
        frames = 0;
        _Unwind_Backtrace(count, &frames);
    }
    printf("libgcc %d frames %.0f ns/walk\n", frames, (nanoseconds() - start) / ROUNDS);
}

static void libunwind(void) {
    void *library = dlopen("libunwind.so.8", RTLD_NOW);
    int (*context)(void *) = library ? dlsym(library, "_Ux86_64_getcontext") : NULL;
    int (*init)(void *, void *) = library ? dlsym(library, "_ULx86_64_init_local") : NULL;
    int (*step)(void *) = library ? dlsym(library, "_ULx86_64_step") : NULL;
    if (!context || !init || !step) {
        printf("libunwind is not installed\n");
        return;
    }
    static char registers[8192];
    static char cursor[8192];
    int frames = 0;
    double start = nanoseconds();
    for (int i = 0; i < ROUNDS; i++) {
        context(registers);
        init(cursor, registers);
        for (frames = 1; frames < FRAMES && step(cursor) > 0; frames++) {
        }
    }
    printf("libunwind %d frames %.0f ns/walk\n", frames, (nanoseconds() - start) / ROUNDS);
}

__attribute__((noinline)) static int recurse(int depth, volatile char *padding) {
    volatile char local[64];
    local[0] = padding[0];
    if (depth == 0) {
        libgcc();
        libgcc();
        libunwind();
        return local[0];
    }
    return recurse(depth - 1, local) + local[0] + 1;
}

int main(void) {
    return recurse(2 * FRAMES, "x") == 12345;
}

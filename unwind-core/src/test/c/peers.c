/* SPDX-License-Identifier: MIT */
/* What other unwinders need for the walk that NativeWalkBenchmark does, each in its usual mode: libgcc by
 * _Unwind_Backtrace, libunwind (if it is installed) by unw_step in the local process, elfutils' libdw (if it is
 * installed) by dwfl_getthread_frames with callbacks that read this process's own memory. Prints nanoseconds per walk;
 * and per row of the file named as argument, what CfiLookupBenchmark does. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <unwind.h>

#define FRAMES 30
#define ROUNDS 20000

static double nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1e9 + now.tv_nsec;
}

static _Unwind_Reason_Code count(struct _Unwind_Context *context, void *frames)
{
    return _Unwind_GetIP(context) && ++*(int *) frames < FRAMES ? _URC_NO_REASON : _URC_END_OF_STACK;
}

static void libgcc(void)
{
    int frames = 0;
    double start = nanoseconds();
    for (int i = 0; i < ROUNDS; i++) {
        frames = 0;
        _Unwind_Backtrace(count, &frames);
    }
    printf("libgcc %d frames %.0f ns/walk\n", frames, (nanoseconds() - start) / ROUNDS);
}

static void libunwind(void)
{
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

/* elfutils' libdwfl.h, as far as it is needed, so that no header package is. */
struct dwfl_callbacks {
    void *find_elf, *find_debuginfo, *section_address, *debuginfo_path;
};
struct dwfl_thread_callbacks {
    pid_t (*next_thread)(void *, void *, void **);
    bool (*get_thread)(void *, pid_t, void *, void **);
    bool (*memory_read)(void *, uint64_t, uint64_t *, void *);
    bool (*set_initial_thread_registers)(void *, void *);
    void (*detach)(void *, void *);
    void (*thread_detach)(void *, void *);
};

static void *libdw;
static uint64_t here[17];
static bool (*thread_registers)(void *, int, unsigned, const uint64_t *);

static int no_debuginfo(void)
{
    return -1; /* .eh_frame is enough */
}

static pid_t next_thread(void *dwfl, void *argument, void **thread)
{
    (void) dwfl, (void) argument;
    return *thread ? 0 : (*thread = here, getpid());
}

static bool get_thread(void *dwfl, pid_t tid, void *argument, void **thread)
{
    (void) dwfl, (void) argument;
    *thread = here;
    return tid == getpid();
}

static bool memory_read(void *dwfl, uint64_t address, uint64_t *result, void *argument)
{
    (void) dwfl, (void) argument;
    *result = *(uint64_t *) address;
    return true;
}

static bool initial_registers(void *thread, void *argument)
{
    return argument && thread_registers(thread, 0, 17, here);
}

static int count_frame(void *frame, void *frames)
{
    return frame && ++*(int *) frames < FRAMES ? 0 : 1;
}

/* Registers of this frame, which stays on the stack while libdw walks. */
__attribute__((noinline)) static void elfutils_walk(void)
{
    static const struct dwfl_thread_callbacks threads = {next_thread,       get_thread, memory_read,
                                                         initial_registers, NULL,       NULL};
    void *(*begin)(void *) = dlsym(libdw, "dwfl_begin");
    int (*report)(void *, pid_t) = dlsym(libdw, "dwfl_linux_proc_report");
    int (*end_report)(void *, void *, void *) = dlsym(libdw, "dwfl_report_end");
    bool (*attach)(void *, void *, pid_t, const void *, void *) = dlsym(libdw, "dwfl_attach_state");
    int (*walk)(void *, pid_t, int (*)(void *, void *), void *) = dlsym(libdw, "dwfl_getthread_frames");
    struct dwfl_callbacks files = {dlsym(libdw, "dwfl_linux_proc_find_elf"), (void *) no_debuginfo, NULL, NULL};
    thread_registers = dlsym(libdw, "dwfl_thread_state_registers");
    void *dwfl = begin && thread_registers ? begin(&files) : NULL;
    if (!dwfl || report(dwfl, getpid()) || end_report(dwfl, NULL, NULL)
        || !attach(dwfl, NULL, getpid(), &threads, here)) {
        printf("elfutils cannot attach\n");
        return;
    }
    __asm__ volatile("movq %%rbx, 24(%0)\n\tmovq %%rbp, 48(%0)\n\tmovq %%rsp, 56(%0)\n\tmovq %%r12, 96(%0)\n\t"
                     "movq %%r13, 104(%0)\n\tmovq %%r14, 112(%0)\n\tmovq %%r15, 120(%0)\n\t"
                     "leaq 0(%%rip), %%rax\n\tmovq %%rax, 128(%0)"
                     :
                     : "r"(here)
                     : "memory", "rax");
    int frames = 0;
    walk(dwfl, getpid(), count_frame, &frames);
    double start = nanoseconds();
    for (int i = 0; i < ROUNDS / 20; i++) {
        frames = 0;
        walk(dwfl, getpid(), count_frame, &frames);
    }
    printf("elfutils %d frames %.0f ns/walk\n", frames, (nanoseconds() - start) / (ROUNDS / 20));
}

/* Scattered addresses of a file's code, all of them once: the CFI is parsed, then once more. */
static void elfutils_rows(const char *path)
{
    unsigned (*version)(unsigned) = dlsym(libdw, "elf_version");
    void *(*begin)(int, int, void *) = dlsym(libdw, "elf_begin");
    void *(*getcfi)(void *) = dlsym(libdw, "dwarf_getcfi_elf");
    int (*addrframe)(void *, uint64_t, void **) = dlsym(libdw, "dwarf_cfi_addrframe");
    Elf64_Ehdr header;
    Elf64_Phdr segment = {0};
    int file = open(path, O_RDONLY);
    if (!version || !begin || !getcfi || !addrframe || pread(file, &header, sizeof header, 0) != sizeof header) {
        printf("elfutils cannot read %s\n", path);
        return;
    }
    for (int i = 0; i < header.e_phnum && !(segment.p_type == PT_LOAD && segment.p_flags & PF_X); i++) {
        if (pread(file, &segment, sizeof segment, header.e_phoff + i * sizeof segment) < 0) {
            return;
        }
    }
    double start = nanoseconds();
    version(EV_CURRENT);
    void *frame = NULL;
    void *cfi = getcfi(begin(file, 8 /* ELF_C_READ_MMAP */, NULL));
    addrframe(cfi, segment.p_vaddr + segment.p_filesz / 2, &frame);
    printf("elfutils opens %s and finds a row: %.0f us\n", path, (nanoseconds() - start) / 1000);
    for (int round = 0; round < 2; round++) {
        int rows = 0;
        start = nanoseconds();
        for (uint64_t i = 0; i < ROUNDS; i++) {
            uint64_t at = i * 7919 % ROUNDS * (segment.p_filesz / ROUNDS);
            if (addrframe(cfi, segment.p_vaddr + at, &frame) == 0) {
                free(frame);
                rows++;
            }
        }
        printf("elfutils %d rows %.0f ns/row %s\n", rows, (nanoseconds() - start) / ROUNDS,
               round ? "again" : "first time");
    }
}

static void elfutils(const char *path)
{
    libdw = dlopen("libdw.so.1", RTLD_NOW);
    if (!libdw) {
        printf("elfutils is not installed\n");
        return;
    }
    elfutils_walk();
    if (path) {
        elfutils_rows(path);
    }
}

__attribute__((noinline)) static int recurse(int depth, volatile char *padding, const char *path)
{
    volatile char local[64];
    local[0] = padding[0];
    if (depth == 0) {
        libgcc();
        libgcc();
        libunwind();
        elfutils(path);
        return local[0];
    }
    return recurse(depth - 1, local, path) + local[0] + 1;
}

int main(int count, char **arguments)
{
    return recurse(2 * FRAMES, "x", count > 1 ? arguments[1] : NULL) == 12345;
}

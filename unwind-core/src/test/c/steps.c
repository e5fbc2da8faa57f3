/* SPDX-License-Identifier: MIT */
/* Executes a program instruction by instruction and writes down, for each, registers, stack, and who really called
 * whom: it watches the calls and where the stack pointer goes, and knows nothing of CFI. Read by
 * io.dwunw.testkit.Steps. Usage: steps VISITS PROGRAM [ARGUMENT...]; an address is written down at its first VISITS
 * visits. x86-64.
 *
 *   'M' u32 bytes, text of /proc/PID/maps              whenever it may have changed
 *   'V' u32 bytes, image of the vdso                   once
 *   'S' u64 registers[16] in DWARF order, u64 pc,      once per instruction
 *       u32 callers, { u64 pc, u64 1 if it is a return address }, innermost first,
 *       u64 low address, u32 bytes, stack
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_CALLERS 512
#define MAX_STACK (1 << 16)
#define VISITS_BITS 20
/* Popped values stay there for a while, and leaf functions keep theirs there. */
#define RED_ZONE 128

/* One caller: where on the stack its address stands, for that address is gone once the stack pointer is above. */
struct caller {
    uint64_t slot;
    uint64_t pc;
    uint64_t returned_to;
};

static struct caller callers[MAX_CALLERS];
static int depth;
static uint64_t seen[1 << VISITS_BITS];
static unsigned char visits[1 << VISITS_BITS];
static uint64_t stack_base;

static void quit(const char *what)
{
    fprintf(stderr, "steps: %s: %s\n", what, strerror(errno));
    exit(3);
}

static size_t peek(pid_t pid, uint64_t address, void *into, size_t bytes)
{
    struct iovec here = {into, bytes};
    struct iovec there = {(void *) address, bytes};
    ssize_t got = process_vm_readv(pid, &here, 1, &there, 1, 0);
    return got < 0 ? 0 : (size_t) got;
}

static void u32(uint32_t value)
{
    fwrite(&value, sizeof value, 1, stdout);
}

static void u64(uint64_t value)
{
    fwrite(&value, sizeof value, 1, stdout);
}

static void write_vdso(pid_t pid, uint64_t low, uint64_t high)
{
    static char image[1 << 16];
    size_t got = peek(pid, low, image, high - low < sizeof image ? high - low : sizeof image);
    putchar('V');
    u32(got);
    fwrite(image, got, 1, stdout);
}

static void write_maps(pid_t pid)
{
    static char text[1 << 18];
    static int vdso;
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/maps", pid);
    FILE *maps = fopen(path, "r");
    if (!maps) {
        quit(path);
    }
    size_t got = fread(text, 1, sizeof text - 1, maps);
    text[got] = 0;
    fclose(maps);
    char *line = strstr(text, "[vdso]");
    if (line && !vdso++) {
        unsigned long low = 0;
        unsigned long high = 0;
        while (line > text && line[-1] != '\n') {
            line--;
        }
        sscanf(line, "%lx-%lx", &low, &high);
        write_vdso(pid, low, high);
    }
    putchar('M');
    u32(got);
    fwrite(text, got, 1, stdout);
}

/* Whether this address is still to be written down. */
static int wanted(uint64_t pc, int most)
{
    uint64_t at = pc * 0x9e3779b97f4a7c15ul >> (64 - VISITS_BITS);
    while (seen[at] && seen[at] != pc) {
        at = (at + 1) & ((1 << VISITS_BITS) - 1);
    }
    seen[at] = pc;
    return visits[at] < most && ++visits[at];
}

static void write_step(pid_t pid, const struct user_regs_struct *r)
{
    static unsigned char stack[MAX_STACK];
    const uint64_t dwarf[17] = {r->rax, r->rdx, r->rcx, r->rbx, r->rsi, r->rdi, r->rbp, r->rsp, r->r8,
                                r->r9,  r->r10, r->r11, r->r12, r->r13, r->r14, r->r15, r->rip};
    putchar('S');
    fwrite(dwarf, sizeof dwarf, 1, stdout);
    u32(depth);
    for (int i = depth - 1; i >= 0; i--) {
        u64(callers[i].pc);
        u64(callers[i].returned_to);
    }
    uint64_t low = r->rsp - RED_ZONE;
    uint64_t wish = stack_base > low && stack_base - low < MAX_STACK ? stack_base - low : MAX_STACK;
    size_t got = peek(pid, low, stack, wish);
    u64(low);
    u32(got);
    fwrite(stack, got, 1, stdout);
}

static int is_call(const unsigned char *code)
{
    while (*code == 0x66 || *code == 0xf2 || *code == 0xf3 || *code == 0x2e || *code == 0x3e
           || (*code >= 0x40 && *code <= 0x4f)) {
        code++;
    }
    return code[0] == 0xe8 || (code[0] == 0xff && (code[1] >> 3 & 7) == 2);
}

static void push(uint64_t slot, uint64_t pc, uint64_t returned_to)
{
    if (depth == MAX_CALLERS) {
        errno = E2BIG;
        quit("recursion");
    }
    callers[depth++] = (struct caller){slot, pc, returned_to};
}

static void pop(uint64_t sp)
{
    while (depth > 0 && callers[depth - 1].slot < sp) {
        depth--;
    }
}

static uint64_t word(pid_t pid, uint64_t address)
{
    uint64_t value = 0;
    peek(pid, address, &value, sizeof value);
    return value;
}

/* One instruction, or the delivery of a signal. False once the program has ended. */
static int step(pid_t pid, struct user_regs_struct *r, int *number)
{
    unsigned char code[16] = {0};
    int delivered = *number;
    struct user_regs_struct before = *r;
    int status = 0;
    peek(pid, r->rip, code, sizeof code);
    if (ptrace(PTRACE_SINGLESTEP, pid, 0, (void *) (uintptr_t) delivered) || waitpid(pid, &status, 0) < 0) {
        quit("step");
    }
    if (WIFEXITED(status) || WIFSIGNALED(status)) {
        return 0;
    }
    if (ptrace(PTRACE_GETREGS, pid, 0, r)) {
        quit("registers");
    }
    *number = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
    pop(r->rsp);
    if (delivered) { /* a handler begins: it returns to the trampoline, and that to what was interrupted */
        push(r->rsp + sizeof(uint64_t), before.rip, 0);
        push(r->rsp, word(pid, r->rsp), 1);
    } else if (is_call(code) && r->rsp == before.rsp - sizeof(uint64_t)) {
        push(r->rsp, word(pid, r->rsp), 1);
    } else if (code[0] == 0x0f && code[1] == 0x05 && before.rax >= 9 && before.rax <= 12) { /* mmap ... brk */
        write_maps(pid);
    }
    return 1;
}

int main(int count, char **arguments)
{
    int most = count > 2 ? atoi(arguments[1]) : 0;
    pid_t pid = most > 0 ? fork() : -1;
    if (pid == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        dup2(open("/dev/null", O_WRONLY), 1);
        execv(arguments[2], arguments + 2);
        quit(arguments[2]);
    }
    int status = 0;
    struct user_regs_struct registers;
    if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFSTOPPED(status)
        || ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_EXITKILL) || ptrace(PTRACE_GETREGS, pid, 0, &registers)) {
        quit("start");
    }
    stack_base = registers.rsp + RED_ZONE;
    write_maps(pid);
    int number = 0;
    do {
        if (number == 0 && wanted(registers.rip, most)) {
            write_step(pid, &registers);
        }
    } while (step(pid, &registers, &number));
    return fflush(stdout) != 0;
}

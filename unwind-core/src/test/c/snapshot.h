/* SPDX-License-Identifier: MIT */
/* Captures the calling thread's registers, stack and maps as text, together with what libgcc's unwinder says of the
 * same stack: the oracle. Read by io.dwunw.testkit.Snapshot. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unwind.h>

struct oracle {
    FILE *out;
    int frames;
    const unsigned *trampoline;
};

/* Signal trampolines without CFI, of aarch64 and mips: the walk has to know their code. */
static int oracle_is_trampoline(const unsigned *code)
{
#if defined(__aarch64__)
    return code[0] == 0xd2801168;
#elif defined(__mips__)
    return code[0] == 0x24021061 || code[0] == 0x24021017;
#else
    return code == 0;
#endif
}

static _Unwind_Reason_Code oracle_frame(struct _Unwind_Context *context, void *argument)
{
    struct oracle *oracle = argument;
    int before = 0;
    uintptr_t pc = _Unwind_GetIPInfo(context, &before);
#if defined(__mips__)
    if (oracle->trampoline) { /* libgcc adds 2 to interrupted addresses, so that they may be treated as the others */
        pc -= 2;
        before = 1;
    }
#endif
    oracle->trampoline = pc && oracle_is_trampoline((const unsigned *) pc) ? (const unsigned *) pc : NULL;
    if (oracle->trampoline) {
        fprintf(oracle->out, "code %lx ", (unsigned long) pc);
        for (int i = 0; i < 8; i++) {
            fprintf(oracle->out, "%02x", ((const unsigned char *) pc)[i]);
        }
        fprintf(oracle->out, "\n");
    }
    if (oracle->frames++ > 0) { /* the first is snapshot() itself, with a pc of its own choosing */
        fprintf(oracle->out, "frame %lx %d\n", (unsigned long) pc, before);
    }
    return oracle->frames > 500 ? _URC_END_OF_STACK : _URC_NO_REASON;
}

static void snapshot_write(FILE *out, const char *name, const uintptr_t *registers, int count, uintptr_t pc,
                           uintptr_t sp)
{
    fprintf(out, "snapshot %s\n", name);
    for (int i = 0; i < count; i++) {
        fprintf(out, "register %d %lx\n", i, (unsigned long) registers[i]);
    }
    fprintf(out, "pc %lx\n", (unsigned long) pc);
    uintptr_t high = 0;
    char line[1024];
    FILE *maps = fopen("/proc/self/maps", "r");
    while (fgets(line, sizeof line, maps)) {
        unsigned long from = 0;
        unsigned long to = 0;
        sscanf(line, "%lx-%lx", &from, &to);
        if (from <= sp && sp < to) {
            high = to;
        }
        fprintf(out, "map %s", line);
    }
    fclose(maps);
    fprintf(out, "stack %lx ", (unsigned long) sp);
    for (const unsigned char *byte = (const unsigned char *) sp; byte < (const unsigned char *) high; byte++) {
        fprintf(out, "%02x", *byte);
    }
    fprintf(out, "\n");
}

/* Registers are stored before anything else can change the callee-saved ones. */
__attribute__((noinline)) static void snapshot(FILE *out, const char *name)
{
#if defined(__x86_64__)
    uintptr_t registers[16] = {0};
    uintptr_t pc;
    __asm__ volatile("movq %%rbx, 24(%1)\n\tmovq %%rbp, 48(%1)\n\tmovq %%rsp, 56(%1)\n\tmovq %%r12, 96(%1)\n\t"
                     "movq %%r13, 104(%1)\n\tmovq %%r14, 112(%1)\n\tmovq %%r15, 120(%1)\n\t"
                     "leaq 0(%%rip), %0"
                     : "=r"(pc)
                     : "r"(registers)
                     : "memory");
    uintptr_t sp = registers[7];
#elif defined(__aarch64__)
    uintptr_t registers[32] = {0};
    uintptr_t pc;
    uintptr_t sp;
    __asm__ volatile("stp x19, x20, [%2, #152]\n\tstp x21, x22, [%2, #168]\n\tstp x23, x24, [%2, #184]\n\t"
                     "stp x25, x26, [%2, #200]\n\tstp x27, x28, [%2, #216]\n\tstp x29, x30, [%2, #232]\n\t"
                     "mov %1, sp\n\tstr %1, [%2, #248]\n\tadr %0, ."
                     : "=&r"(pc), "=&r"(sp)
                     : "r"(registers)
                     : "memory");
#elif defined(__mips__)
    uintptr_t registers[32] = {0};
    uintptr_t pc;
    uintptr_t sp;
    __asm__ volatile(".set push\n\t.set noreorder\n\t.set noat\n\t"
                     "sw $16, 64(%2)\n\tsw $17, 68(%2)\n\tsw $18, 72(%2)\n\tsw $19, 76(%2)\n\tsw $20, 80(%2)\n\t"
                     "sw $21, 84(%2)\n\tsw $22, 88(%2)\n\tsw $23, 92(%2)\n\tsw $28, 112(%2)\n\tsw $29, 116(%2)\n\t"
                     "sw $30, 120(%2)\n\tsw $31, 124(%2)\n\tmove %1, $29\n\t"
                     "move $1, $31\n\tbal 1f\n\tnop\n1:\tmove %0, $31\n\tmove $31, $1\n\t.set pop"
                     : "=&r"(pc), "=&r"(sp)
                     : "r"(registers)
                     : "memory", "$1");
#else
#error "no snapshot for this architecture"
#endif
    snapshot_write(out, name, registers, sizeof registers / sizeof registers[0], pc, sp);
    struct oracle oracle = {out, 0, NULL};
    _Unwind_Backtrace(oracle_frame, &oracle);
    fprintf(out, "end\n");
    fflush(out);
}

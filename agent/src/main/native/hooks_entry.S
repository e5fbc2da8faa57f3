/* SPDX-License-Identifier: MIT
 *
 * What the import slots of the patched libraries point at. Hot: every malloc and free of the process runs through here.
 *
 * A call that is not sampled leaves no trace: it counts itself in the thread's own block, takes its bytes off the
 * thread's countdown, and jumps to the real function, which returns straight to the application. Only rax, r10 and r11
 * are touched, which the ABI gives to code that stands between caller and callee.
 *
 * Everything else (countdown over, address perhaps sampled, first call of a thread, detached) goes to hooks_slow_entry
 * with r11d = family << 8 | symbol.
 */
#ifdef __x86_64__
#include "hooks_layout.h"

#ifdef __CET__
#include <cet.h>
#else
#define _CET_ENDBR
#endif

#define OPERATORS_NEW 16, 17, 18, 19, 20, 21, 22, 23
#define OPERATORS_DELETE 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37
#if HOOKS_NEW != 16 || HOOKS_NEW_END != 24 || HOOKS_DELETE != 24 || HOOKS_DELETE_END != 38 || HOOKS_LIBC_REALLOC != 38 \
    || HOOKS_DLVSYM != 39 || HOOKS_SYMBOLS != 40
#error "the lists above are out of date"
#endif

    .text

    .macro FUNCTION name
    .p2align 4
    .globl \name
    .hidden \name
    .type \name, @function
\name:
    .cfi_startproc
    _CET_ENDBR
    .endm

    .macro END name
    .cfi_endproc
    .size \name, . - \name
    .endm

    .macro TO_ORIGINAL family, symbol
    jmp *(hooks_original + 8 * (HOOKS_SYMBOLS * \family + \symbol))(%rip)
    .endm

    .macro TO_SLOW family, symbol
    mov $(\family << 8 | \symbol), %r11d
    jmp hooks_slow_entry
    .endm

    /* rax = this thread's block; no block yet: slow */
    .macro THREAD
    mov hooks_thread@gottpoff(%rip), %rax
    mov %fs:(%rax), %rax
    test %rax, %rax
    jz 9f
    .endm

    /* The sampled bytes are those up to and including the one the countdown reaches: size >= left means sampled. */
    .macro COUNT_DOWN symbol, size
    mov HOOKS_THREAD_LEFT(%rax), %r10
    sub \size, %r10
    jbe 9f
    mov %r10, HOOKS_THREAD_LEFT(%rax)
    addq $1, (HOOKS_THREAD_SEEN + HOOKS_SEEN_BYTES * \symbol)(%rax)
    add \size, (HOOKS_THREAD_SEEN + HOOKS_SEEN_BYTES * \symbol + 8)(%rax)
    .endm

    /* An address that the filter knows may be sampled: slow. */
    .macro FILTER
    imul $HOOKS_FILTER_MULTIPLIER, %edi, %r10d
    lea hooks_filter(%rip), %r11
    shr $HOOKS_FILTER_SHIFT, %r10d
    cmpb $0, (%r11, %r10)
    jne 9f
    .endm

    .macro STUB family, symbol, size, counter
FUNCTION hooks_stub_\family\()_\symbol
    THREAD
    COUNT_DOWN \counter, \size
    TO_ORIGINAL \family, \symbol
9:  TO_SLOW \family, \symbol
END hooks_stub_\family\()_\symbol
    .endm

    .macro SLOW_STUB family, symbol
FUNCTION hooks_stub_\family\()_\symbol
    TO_SLOW \family, \symbol
END hooks_stub_\family\()_\symbol
    .endm

    .macro FREE_STUB family, symbol
FUNCTION hooks_stub_\family\()_\symbol
    FILTER
    THREAD
    addq $1, (HOOKS_THREAD_SEEN + HOOKS_SEEN_BYTES * 11)(%rax)
    TO_ORIGINAL \family, \symbol
9:  TO_SLOW \family, \symbol
END hooks_stub_\family\()_\symbol
    .endm

    .macro FAMILY family
    STUB \family, 0, %rdi, 0                    /* malloc */
FUNCTION hooks_stub_\family\()_1                 /* calloc: a product beyond 2^63 is left to the slow path */
    THREAD
    mov %rdi, %r11
    imul %rsi, %r11
    jo 9f
    COUNT_DOWN 1, %r11
    TO_ORIGINAL \family, 1
9:  TO_SLOW \family, 1
END hooks_stub_\family\()_1
FUNCTION hooks_stub_\family\()_2                 /* realloc */
    FILTER
    THREAD
    COUNT_DOWN 2, %rsi
    TO_ORIGINAL \family, 2
9:  TO_SLOW \family, 2
END hooks_stub_\family\()_2
    SLOW_STUB \family, 3                        /* reallocarray: libc's jumps to realloc, which must know */
    STUB \family, 4, %rdx, 4                    /* posix_memalign */
    STUB \family, 5, %rsi, 5                    /* aligned_alloc */
    STUB \family, 6, %rsi, 6                    /* memalign */
    STUB \family, 7, %rdi, 7                    /* valloc */
    STUB \family, 8, %rdi, 8                    /* pvalloc */
    SLOW_STUB \family, 9                        /* mmap: the system call outweighs the rest */
    SLOW_STUB \family, 10                       /* mremap */
    FREE_STUB \family, 11                       /* free */
    SLOW_STUB \family, 12                       /* munmap */
    OPEN_STUB \family, HOOKS_DLOPEN, %rdi, %rsi, hooks_dlopen
    OPEN_STUB \family, HOOKS_DLMOPEN, %rsi, %rdx, hooks_dlmopen
    LOOKUP_STUB \family, HOOKS_DLSYM
    LOOKUP_STUB \family, HOOKS_DLVSYM
    .irp symbol, OPERATORS_NEW
    STUB \family, \symbol, %rdi, 0
    .endr
    .irp symbol, OPERATORS_DELETE
    FREE_STUB \family, \symbol
    .endr
    SLOW_STUB \family, HOOKS_LIBC_REALLOC
    .endm

    /* The three that are used; the stack is aligned after it. */
    .macro SAVE_ARGUMENTS
    push %rdi
    .cfi_adjust_cfa_offset 8
    push %rsi
    .cfi_adjust_cfa_offset 8
    push %rdx
    .cfi_adjust_cfa_offset 8
    .endm

    .macro RESTORE_ARGUMENTS
    pop %rdx
    .cfi_adjust_cfa_offset -8
    pop %rsi
    .cfi_adjust_cfa_offset -8
    pop %rdi
    .cfi_adjust_cfa_offset -8
    .endm

    /* dlopen(file, mode), dlmopen(namespace, file, mode). What the linker finds may depend on who asks: then no
     * stub may stand between, and the next look-up of a function, or verification, finds the library.
     * hooks_open_depends_on_caller(file, caller, mode). */
    .macro OPEN_STUB family, symbol, file, mode, followed
FUNCTION hooks_stub_\family\()_\symbol
    SAVE_ARGUMENTS
    mov \file, %rdi
    mov \mode, %rdx
    mov 24(%rsp), %rsi
    call hooks_open_depends_on_caller
    RESTORE_ARGUMENTS
    test %eax, %eax
    jnz 8f
    mov (hooks_original + 8 * (HOOKS_SYMBOLS * \family + \symbol))(%rip), %rcx
    jmp \followed
8:  TO_ORIGINAL \family, \symbol
END hooks_stub_\family\()_\symbol
    .endm

    /* dlsym(handle, name), dlvsym(handle, name, version). hooks_before_lookup gets the arguments as a struct lookup,
     * and says which stub is the answer. Else a jump, as the linker looks at who asks. */
    .macro LOOKUP_STUB family, symbol
FUNCTION hooks_stub_\family\()_\symbol
    SAVE_ARGUMENTS
    pushq (hooks_original + 8 * (HOOKS_SYMBOLS * \family + \symbol))(%rip)
    .cfi_adjust_cfa_offset 8
    pushq $\symbol
    .cfi_adjust_cfa_offset 8
    mov %rsp, %rdi
    call hooks_before_lookup
    add $16, %rsp
    .cfi_adjust_cfa_offset -16
    RESTORE_ARGUMENTS
    test %rax, %rax
    jnz 8f
    TO_ORIGINAL \family, \symbol
8:  ret
END hooks_stub_\family\()_\symbol
    .endm

    .globl hooks_stubs_begin, hooks_stubs_end
    .hidden hooks_stubs_begin, hooks_stubs_end
hooks_stubs_begin:
    FAMILY 0
    FAMILY 1
    FAMILY 2
    FAMILY 3
hooks_stubs_end:

/* Hands all registers as the caller of the allocator sees them after its return (rsp = CFA, pc = return address; rax
 * is filled in by hooks_slow) to hooks_slow(registers, family << 8 | symbol), which returns the allocator's result. */
FUNCTION hooks_slow_entry
    sub $HOOKS_REGISTERS_BYTES, %rsp
    .cfi_adjust_cfa_offset HOOKS_REGISTERS_BYTES
    mov %rax, 0(%rsp)
    mov %rdx, 8(%rsp)
    mov %rcx, 16(%rsp)
    mov %rbx, 24(%rsp)
    mov %rsi, 32(%rsp)
    mov %rdi, 40(%rsp)
    mov %rbp, 48(%rsp)
    lea (HOOKS_REGISTERS_BYTES + 8)(%rsp), %rax
    mov %rax, 56(%rsp)
    mov %r8, 64(%rsp)
    mov %r9, 72(%rsp)
    mov %r10, 80(%rsp)
    mov %r11, 88(%rsp)
    mov %r12, 96(%rsp)
    mov %r13, 104(%rsp)
    mov %r14, 112(%rsp)
    mov %r15, 120(%rsp)
    mov HOOKS_REGISTERS_BYTES(%rsp), %rax
    mov %rax, 128(%rsp)
    mov %rsp, %rdi
    mov %r11d, %esi
    call hooks_slow
    add $HOOKS_REGISTERS_BYTES, %rsp
    .cfi_adjust_cfa_offset -HOOKS_REGISTERS_BYTES
    ret
END hooks_slow_entry

/* Where a BPF program may sit; rdi = struct dwunw_allocation (its header) or struct dwunw_free, rsi = length. Newer
 * kernels turn the five-byte nop into a call, older ones emulate the one-byte nop at +5; both are cheap, any other
 * instruction is not. */
    .macro PROBE name
FUNCTION \name
    .byte 0x0f, 0x1f, 0x44, 0x00, 0x00
    nop
    ret
END \name
    .endm

#undef _CET_ENDBR
#define _CET_ENDBR
    PROBE hooks_probe_allocation
    PROBE hooks_probe_free

    .section .data.rel.ro, "aw", @progbits
    .p2align 3
    .globl hooks_stub
    .hidden hooks_stub
    .type hooks_stub, @object
hooks_stub:
    .irp family, 0, 1, 2, 3
    .irp symbol, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, HOOKS_DLOPEN, HOOKS_DLMOPEN, HOOKS_DLSYM
    .quad hooks_stub_\family\()_\symbol
    .endr
    .irp symbol, OPERATORS_NEW, OPERATORS_DELETE, HOOKS_LIBC_REALLOC, HOOKS_DLVSYM
    .quad hooks_stub_\family\()_\symbol
    .endr
    .endr
    .size hooks_stub, . - hooks_stub
#endif

    .section .note.GNU-stack, "", @progbits

/* SPDX-License-Identifier: MIT
 *
 * void snapshot_entry(struct dwunw_allocation *record)
 *
 * Records all registers exactly as they are at this function's first instruction, the moment at which a probe on an
 * allocator would see them, and leaves the copying of the stack to snapshot_copy, which returns to our caller.
 */
    .text
    .globl snapshot_entry
    .hidden snapshot_entry
    .type snapshot_entry, @function
snapshot_entry:
    .cfi_startproc
    movq %rax, 112(%rdi)
    movq %rdx, 120(%rdi)
    movq %rcx, 128(%rdi)
    movq %rbx, 136(%rdi)
    movq %rsi, 144(%rdi)
    movq %rdi, 152(%rdi)
    movq %rbp, 160(%rdi)
    movq %rsp, 168(%rdi)
    movq %r8, 176(%rdi)
    movq %r9, 184(%rdi)
    movq %r10, 192(%rdi)
    movq %r11, 200(%rdi)
    movq %r12, 208(%rdi)
    movq %r13, 216(%rdi)
    movq %r14, 224(%rdi)
    movq %r15, 232(%rdi)
    leaq snapshot_entry(%rip), %rax
    movq %rax, 240(%rdi)
    jmp snapshot_copy
    .cfi_endproc
    .size snapshot_entry, . - snapshot_entry
    .section .note.GNU-stack, "", @progbits
